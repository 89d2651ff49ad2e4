"""One connector's way through the ledger: what it delivers next, and what becomes of it when that fails.

Rules of this file: in the order of the tree, at least once. The cursor moves after the receiver has the entries, so
that a death at any moment delivers some twice and none never. Nothing is held here: what cannot be delivered waits in
the ledger. What a receiver refuses is halved until one entry is left; that one is left out only where it was refused
alone several times, the receiver takes one of the next, and the record says so; a receiver that refuses everything
gets nothing left out, however long that takes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from bartizan.app.plan import Connector
from bartizan.app.shipping.cursor import Cursor, CursorFile, CursorUnreadable
from bartizan.app.shipping.outcome import Deliver, Later, Refused, Taken
from bartizan.app.shipping.reading import Part, Wanted, leaf_before, read, size_of
from bartizan.ledger.database import LedgerUnreadable

MOST: Final = 256
"""Entries of one batch."""
IDLE: Final = 0.5
"""Seconds between two looks at a ledger that had nothing new."""
FIRST, LAST = 0.5, 60.0
"""Seconds between two tries, at first and at last, before chance shortens them by up to half."""
TRIES: Final = 4
"""How often one entry is tried alone before those behind it are."""
BEHIND: Final = 8
"""How many of those are tried, each alone, until one is taken."""
PRUNED: Final = "pruned"

What = Literal["skipped", "restarted"]
Note = Callable[[What, int, int, str], bool]
"""(what, first entry, how many, why) -> whether it is on record; `what` is `skipped` or `restarted`."""


class Ports(msgspec.Struct, frozen=True):
    """What a connector needs.

    Attributes:
        deliver: hands entries to its receiver.
        note: has something put on record.
        chance: a number from 0 to 1, evenly spread.
    """

    deliver: Deliver
    note: Note
    chance: Callable[[], float]


class Courier:
    """One connector at work; `turn` is called again and again, by one thread.

    Args:
        connector: whose entries go where.
        ledger: folder of the ledger.
        cursors: folder where it keeps how far it has come.
        ports: what it needs.
    Attributes:
        next: index of the entry that it delivers next.
        oldest: instant of the entry that waits longest, UTC nanoseconds; 0 where none is known to wait.
        word: why the last delivery failed; empty where it did not.
        delivered: entries that its receiver has taken since it began.
    """

    def __init__(self, connector: Connector, ledger: Path, cursors: Path, ports: Ports) -> None:
        """Read nothing yet."""
        self._start, self._ledger, self._ports = connector.start, ledger, ports
        self._wanted = Wanted(connector.kinds, connector.outcomes)
        self._file = CursorFile(cursors, connector.name)
        self._cursor: Cursor | None = None
        self._saved = True
        self._most, self._failures, self._alone = MOST, 0, 0
        self.oldest, self.delivered, self.word = 0, 0, ""

    @property
    def next(self) -> int:
        """Index of the entry that is delivered next; 0 before it is known."""
        return self._cursor.next if self._cursor is not None else 0

    def turn(self) -> float:
        """Deliver one batch, or try to; return in how many seconds to come back."""
        try:
            if not self._saved:
                self._save()
            cursor = self._cursor or self._begin()
            return self._failed("unrecorded") if cursor is None else self._go_on(cursor)
        except LedgerUnreadable:
            return self._failed("ledger-unreadable")
        except OSError:
            return self._failed("cursor-unwritable")

    # ---- where to begin ------------------------------------------------------------------------------------
    def _begin(self) -> Cursor | None:
        """Return where to go on, kept; None where it could not be put on record that this is not where it ended."""
        try:
            known = self._file.load()
        except CursorUnreadable:
            return self._anew(0, "cursor-unreadable")
        if known is None:
            first = size_of(self._ledger) if self._start == "now" else 0
            self._move(Cursor(first, leaf_before(self._ledger, first)))
            return self._cursor
        if known.leaf != leaf_before(self._ledger, known.next):
            return self._anew(known.next, "other-ledger")
        self._cursor = known
        return known

    def _anew(self, entry: int, why: str) -> Cursor | None:
        if self._ports.note("restarted", entry, 0, why):
            self._move(Cursor(0))
        return self._cursor

    # ---- a batch ---------------------------------------------------------------------------------------------
    def _go_on(self, cursor: Cursor) -> float:
        part = read(self._ledger, cursor.next, self._wanted, self._most)
        self.oldest = part.entries[0].event.at if part.entries else 0
        match self._ports.deliver(part.entries) if part.entries else Taken():
            case Taken():
                return self._taken(cursor, part)
            case Later(word, seconds):
                return self._failed(word, seconds)
            case Refused(word):
                return self._refused(cursor, part, word)

    def _taken(self, cursor: Cursor, part: Part) -> float:
        self.delivered += len(part.entries)
        self._failures, self._alone, self.word, self.oldest = 0, 0, "", 0
        self._most = min(MOST, 2 * self._most)
        moved = _moved(cursor, part)
        if moved != cursor:
            self._move(moved)
        if part.end < part.size:
            return 0.0
        return IDLE if self._tell_pruned(moved) else self._failed("unrecorded")

    def _tell_pruned(self, cursor: Cursor) -> bool:
        """Put on record what was pruned before it could be delivered; return False where that failed."""
        if not cursor.gone:
            return True
        if not self._ports.note("skipped", cursor.since, cursor.gone, PRUNED):
            return False
        self._move(Cursor(cursor.next, cursor.leaf))
        return True

    def _refused(self, cursor: Cursor, part: Part, word: str) -> float:
        if len(part.entries) > 1:
            self._most = max(1, len(part.entries) // 2)
            self.word = word
            return FIRST / 2 * (1 + self._ports.chance())
        self._alone += 1
        if self._alone < TRIES or not self._takes_another(part.end):
            return self._failed(word)
        if not self._ports.note("skipped", part.entries[0].index, 1, word):
            return self._failed("unrecorded")
        self._failures, self._alone = 0, 0
        self._move(_moved(cursor, part))
        return 0.0

    def _takes_another(self, first: int) -> bool:
        """Return whether the receiver takes one of the next entries; it gets that one again in its turn.

        It may get it before its turn only where it refuses all that come before.
        """
        for entry in read(self._ledger, first, self._wanted, BEHIND).entries:
            outcome = self._ports.deliver((entry,))
            if not isinstance(outcome, Refused):
                return isinstance(outcome, Taken)
        return False

    # ---- what comes of it ------------------------------------------------------------------------------------
    def _failed(self, word: str, least: float = 0.0) -> float:
        """Return when to try again: later each time, and not at the same moment as others."""
        self.word = word
        pause = min(LAST, FIRST * float(1 << min(self._failures, 10)))
        self._failures += 1
        return max(least, pause * (1 + self._ports.chance()) / 2)

    def _move(self, cursor: Cursor) -> None:
        self._cursor, self._saved = cursor, False
        self._save()

    def _save(self) -> None:
        if self._cursor is not None:
            self._file.save(self._cursor)
        self._saved = True


def _moved(cursor: Cursor, part: Part) -> Cursor:
    """Return the cursor behind a part that was delivered."""
    if part.end == cursor.next:
        return cursor
    since = cursor.since if cursor.gone else part.since
    return Cursor(part.end, part.leaf, cursor.gone + part.pruned, since)
