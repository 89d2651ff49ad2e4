"""Whom an alert about sign-ins is held against, and until when.

Rules of this file: what is held against a principal is for policy to see, so it counts once it is in force; what is held
against a network slows its requests for tokens at once. Nobody is locked out by either.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bartizan.access.signin.throttle import Throttle
from bartizan.app.control_ports import NOT_DONE
from bartizan.app.entry import Entry
from bartizan.clock import Clock, Nanoseconds
from bartizan.ledger.event import Outcome


class Suspects:
    """Principals and networks that something is held against.

    Attributes:
        throttle: slows the networks among them.
    """

    def __init__(
        self,
        clock: Clock,
        record: Callable[[Sequence[Entry]], object],
        publish: Callable[[], Awaitable[object]],
    ) -> None:
        """Begin with nobody.

        Args:
            clock: says what is over.
            record: puts entries on record; raises JournalUnwritable.
            publish: puts in force who is held now; raises NotInForce, JournalUnwritable.
        """
        self._clock, self._record, self._publish = clock, record, publish
        self.throttle = Throttle()
        self._held: dict[str, Nanoseconds] = {}
        self._stale = False

    @property
    def held(self) -> Mapping[str, Nanoseconds]:
        """Pseudonyms of the principals, and until when."""
        return dict(self._held)

    def answer(self, against: str, about: str, until: Nanoseconds) -> None:
        """Take note of what an alert is held against: policy sees a principal, the token endpoint slows a source.

        Args:
            against: `principal` or `source`; whom nobody is held against, nothing happens to.
            about: its pseudonym.
            until: instant; one that is over clears it.
        """
        now = self._clock.now()
        if against == "source":
            if until > now:
                self.throttle.flag(about, until)
            else:
                self.throttle.clear(about)
        elif against == "principal" and (until > now or about in self._held):
            self._held[about] = until
            self._stale = True

    async def clear(self, about: str, actor: str = "owner") -> None:
        """Hold nothing against a principal or a source any more.

        Raises:
            NotInForce, JournalUnwritable.
        """
        self.answer("source" if about.startswith("a-") else "principal", about, Nanoseconds(0))
        self._record([Entry("access.login.cleared", actor, about, Outcome.CLEARED)])
        await self.settle()

    async def settle(self) -> None:
        """Put in force who is suspected now, where that has changed.

        Raises:
            NotInForce, JournalUnwritable.
        """
        now = self._clock.now()
        over = [about for about, until in self._held.items() if until <= now]
        for about in over:
            del self._held[about]
        if self._stale or over:
            self._stale = False
            try:
                await self._publish()
            except NOT_DONE:
                self._stale = True
                raise
