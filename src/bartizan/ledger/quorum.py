"""Cosignatures of several witnesses, gathered until enough of them stand under one checkpoint.

Rules of this file: pure. Each witness answers when it likes, so the last few checkpoints stay open: one that is slow
still counts for the one it was asked about. What is handed out never gets smaller.
"""

from typing import Final

import msgspec

from bartizan.ledger.checkpoint import parse_point

OPEN: Final = 16
"""Checkpoints that may still be cosigned; older ones are given up."""


class Witnessed(msgspec.Struct, frozen=True):
    """A checkpoint with the lines of enough witnesses; `count` says of how many."""

    size: int
    count: int
    note: bytes


class Quorum:
    """The checkpoints that witnesses are asked about.

    Args:
        wanted: how many witnesses must have cosigned.
        size: of the largest tree that enough of them have cosigned before.
    """

    def __init__(self, wanted: int, size: int = 0) -> None:
        """Ask about nothing yet."""
        self._wanted, self._largest = wanted, size
        self._open: dict[bytes, dict[str, bytes]] = {}

    def begin(self, note: bytes) -> None:
        """Open a checkpoint; what was said of the same one stands."""
        said = self._open.pop(note, {})
        self._open[note] = said
        while len(self._open) > OPEN:
            del self._open[next(iter(self._open))]

    def add(self, note: bytes, name: str, lines: bytes) -> Witnessed | None:
        """Take what a witness said; return the checkpoint if it has enough by now and is none too small.

        Args:
            note: the checkpoint that it was asked about.
            name: of the witness.
            lines: its cosignatures, checked.
        """
        said = self._open.get(note)
        if said is None:
            return None
        said[name] = lines
        size = parse_point(note)[0].size
        if len(said) < self._wanted or size < self._largest:
            return None
        self._largest = size
        return Witnessed(size, len(said), note + b"".join(said[name] for name in sorted(said)))
