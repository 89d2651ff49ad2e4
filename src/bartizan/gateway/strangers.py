"""What strangers want of a worker's time: one thing a turn of the loop, and a part of its time while others are served.

Rules of this file: somebody whose connection has shown a good token never waits here. Everybody else's handshakes
and octets do: one of them is worked on in each turn of the loop, so that no crowd of them makes one long turn; and
as long as somebody known was served within the last second, they get a quarter of the time. Sources take turns. An
address at which a good token was shown lately has a row of its own, which need not rest, so that strangers do not
keep who is known from connecting again. What waits is bounded, in number and in octets.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from bartizan.clock import MILLISECOND, SECOND, Clock, Nanoseconds
from bartizan.gateway.bounds import FAMILIAR, HELD_OCTETS, WAITING
from bartizan.gateway.fair_queue import FairQueue

_REST: Final = 4
"""Of the time, strangers get one part in so many while somebody known is served."""
_AHEAD: Final = Nanoseconds(2 * MILLISECOND)
"""How far strangers may be behind with resting before they have to."""
_LATELY: Final = Nanoseconds(SECOND)
_A_TIMERS_LEAST: Final = 0.001


class Stranger(Protocol):
    """A connection whose client has not shown a good token.

    Attributes:
        source: pseudonym of the network that it comes from; sources take turns.
        address: that it comes from; empty where it has none.
    """

    source: str
    address: str

    @property
    def held(self) -> int:
        """Octets that it holds while it waits."""
        ...

    def turn(self) -> None:
        """Do the one thing that it waited for."""
        ...

    def abort(self) -> None:
        """End: there is no room to wait in."""
        ...


class Strangers:
    """The strangers of one worker, and the addresses that are none's.

    Attributes:
        served: instant at which somebody known last asked for something.
        shed: how many had to give way since the last look.
    """

    __slots__ = (
        "_busy",
        "_clock",
        "_due",
        "_familiar",
        "_held",
        "_known",
        "_loop",
        "_soon",
        "_timer",
        "_unknown",
        "_unknown_had",
        "served",
        "shed",
    )

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop, busy: Callable[[], bool]) -> None:
        """Nobody waits yet.

        Args:
            clock: tells how long something took.
            loop: whose turns are counted.
            busy: whether requests of somebody known are open.
        """
        self._clock, self._loop, self._busy = clock, loop, busy
        self._familiar: OrderedDict[str, None] = OrderedDict()
        self._known, self._unknown = FairQueue[Stranger](WAITING), FairQueue[Stranger](WAITING)
        self._held = self.shed = 0
        self._due = self.served = Nanoseconds(0)
        self._soon = self._unknown_had = False
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._known) + len(self._unknown)

    def know(self, address: str) -> None:
        """Take note that a good token was shown at an address; of too many, the one shown at least lately goes."""
        if address:
            self._familiar[address] = None
            self._familiar.move_to_end(address)
            if len(self._familiar) > FAMILIAR:
                self._familiar.popitem(last=False)

    def knows(self, address: str) -> bool:
        """Return whether a good token was shown at this address lately."""
        return address in self._familiar

    def wait(self, stranger: Stranger) -> None:
        """Give a stranger its turn: at once where this turn of the loop had none and nobody is before it."""
        known = self.knows(stranger.address)
        row = self._known if known else self._unknown
        if not (self._soon or row) and (known or self._rest() <= 0):
            self._go_on()
            self._give(stranger, known=known)
            return
        self._held += stranger.held
        self._lose(row.put(stranger.source, stranger))
        while self._held > HELD_OCTETS:
            self._lose(self._unknown.shed() or self._known.shed())
        if not self._soon and (known or self._timer is None):
            self._go_on()

    def leave(self, stranger: Stranger) -> None:
        """Forget one that may wait, because its connection has ended."""
        before = len(self)
        self._known.drop(stranger.source, stranger)
        self._unknown.drop(stranger.source, stranger)
        self._held -= stranger.held * (before - len(self))

    def charge(self, spent: int) -> None:
        """Have strangers rest for time, in nanoseconds, that they cost beside their turns."""
        now = self._clock.now()
        if self._busy() or now - self.served < _LATELY:
            self._due = Nanoseconds(max(self._due, now - _AHEAD) + _REST * spent)

    # ---- turns ---------------------------------------------------------------------------------------------
    def _rest(self) -> int:
        """Return how long strangers at addresses that are not known have to wait still, nanoseconds."""
        return self._due - self._clock.now()

    def _go_on(self) -> None:
        self._soon = True
        self._loop.call_soon(self._next)

    def _next(self) -> None:
        self._soon = False
        rest = self._rest()
        known = self._is_for_the_known(rest)
        row = self._known if known else self._unknown
        if known or rest <= 0:
            stranger = row.take()
            if stranger is not None:
                self._held -= stranger.held
                self._go_on()
                self._give(stranger, known=known)
        elif row and self._timer is None:
            self._timer = self._loop.call_later(max(rest / SECOND, _A_TIMERS_LEAST), self._rested)

    def _is_for_the_known(self, rest: int) -> bool:
        """Return whose turn it is; where both rows have somebody who need not rest, they alternate."""
        both = bool(self._known) and bool(self._unknown) and rest <= 0
        self._unknown_had = both and not self._unknown_had
        return not self._unknown_had if both else bool(self._known)

    def _rested(self) -> None:
        self._timer = None
        if not self._soon:
            self._next()

    def _give(self, stranger: Stranger, *, known: bool) -> None:
        began = self._clock.now()
        try:
            stranger.turn()
        finally:
            if not known:
                self.charge(self._clock.now() - began)

    def _lose(self, stranger: Stranger | None) -> None:
        if stranger is not None:
            self._held -= stranger.held
            self.shed += 1
            stranger.abort()
