"""How fast one source may try credentials that have not proven themselves there.

Rules of this file: pure and bounded; by source, never by principal: whoever tries somebody's name slows himself down. A
client that got a token from a source before is not asked to wait there, whatever others do beside it. A source that was
flagged may try less. Where there are more sources than room, those that tried least are forgotten first.
Source: GCRA, as in ITU-T I.371.
"""

from collections import OrderedDict
from itertools import islice
from typing import Final

from bartizan.clock import DAY, SECOND, Nanoseconds

BURST: Final = 20
"""Tries of a source before it has to wait."""
EVERY: Final = Nanoseconds(10 * SECOND)
"""Time that one try takes, once the burst is used up."""
FLAGGED_BURST: Final = 2
FLAGGED_EVERY: Final = Nanoseconds(60 * SECOND)
FLAGGED_FOR: Final = Nanoseconds(DAY)
"""How long a flagged source may try less."""
_SOURCES: Final = 16_384
_PROVEN: Final = 65_536
_LOOKED_AT: Final = 16


class Throttle:
    """The sources that tried lately, and the clients that have proven themselves there."""

    __slots__ = ("_due", "_flagged", "_most", "_proven")

    def __init__(self, sources: int = _SOURCES, proven: int = _PROVEN) -> None:
        """Know nobody yet.

        Args:
            sources, proven: how many of either are remembered.
        """
        self._most = sources, proven
        self._due: OrderedDict[str, Nanoseconds] = OrderedDict()
        self._flagged: OrderedDict[str, Nanoseconds] = OrderedDict()
        self._proven: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, source: str, client: str, now: Nanoseconds) -> Nanoseconds:
        """Return how long a client at a source has to wait before its secret is looked at; 0 for not at all."""
        if not source or (source, client) in self._proven:
            return Nanoseconds(0)
        burst, every = self._terms(source, now)
        due = self._due.get(source, now)
        return Nanoseconds(max(0, due - now - (burst - 1) * every))

    def failed(self, source: str, now: Nanoseconds) -> None:
        """Take note that a source presented a credential that was wrong."""
        if not source:
            return
        _, every = self._terms(source, now)
        self._due[source] = Nanoseconds(max(self._due.get(source, now), now) + every)
        self._due.move_to_end(source)
        if len(self._due) > self._most[0]:
            first = islice(self._due.items(), _LOOKED_AT)
            del self._due[min(first, key=lambda item: item[1])[0]]

    def granted(self, source: str, client: str) -> None:
        """Take note that a client has proven itself at a source."""
        if source:
            self._proven[source, client] = None
            self._proven.move_to_end((source, client))
            if len(self._proven) > self._most[1]:
                self._proven.popitem(last=False)

    def flag(self, source: str, until: Nanoseconds) -> None:
        """Have a source try less until an instant."""
        self._flagged[source] = until
        self._flagged.move_to_end(source)
        if len(self._flagged) > self._most[0]:
            self._flagged.popitem(last=False)

    def clear(self, source: str) -> None:
        """Have a source try like others."""
        self._flagged.pop(source, None)

    def _terms(self, source: str, now: Nanoseconds) -> tuple[int, Nanoseconds]:
        if self._flagged.get(source, 0) > now:
            return FLAGGED_BURST, FLAGGED_EVERY
        return BURST, EVERY
