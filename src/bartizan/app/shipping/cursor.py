"""How far a connector has come: the entry that it delivers next, and the leaf of the one before.

Rules of this file: written whole and durably, after the receiver has the entries and never before. The leaf tells
whether the ledger is still the one that was delivered from: one that was put back from a copy, and has grown since, is
another one from some entry on.
"""

from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.installation import read_small, write_whole

_HASH: Final = 64


class CursorUnreadable(ValueError):
    """What lies where a cursor should is none."""


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the ledger.

    Attributes:
        next: index of the entry that is delivered next.
        leaf: hash of the leaf before it, hexadecimal; empty at the beginning.
        gone, since: how many entries had been pruned before they could be delivered and are not on record as such,
            and the index of the first of them.
    """

    next: int
    leaf: str = ""
    gone: int = 0
    since: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no place."""
        if min(self.next, self.gone, self.since) < 0 or len(self.leaf) != (_HASH if self.next else 0):
            raise CursorUnreadable


class CursorFile:
    """Where a connector's cursor lies.

    Args:
        folder: of cursors.
        name: of the connector.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Read nothing yet."""
        self._path = folder / f"{name}.json"

    def load(self) -> Cursor | None:
        """Return the cursor; None where there has never been one.

        Raises:
            CursorUnreadable: there is one, and it cannot be read.
        """
        try:
            octets = read_small(self._path)
            if not octets and not self._path.exists():
                return None
            return msgspec.json.decode(octets, type=Cursor)
        except (OSError, ValueError, RecursionError) as fault:
            raise CursorUnreadable from fault

    def save(self, cursor: Cursor) -> None:
        """Keep a cursor; it survives the loss of power.

        Raises:
            OSError: it cannot be kept.
        """
        write_whole(self._path, msgspec.json.encode(cursor))
