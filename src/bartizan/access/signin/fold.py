"""The whole watch as one fold: a sign-in goes through its source, its principal, its crowd and its client.

Rules of this file: the order of the calls; nothing is judged here. What is found of sign-ins depends on them alone and on
their order, so that a replay of the record finds the same.
"""

from collections.abc import Iterable, Iterator

from bartizan.access.signin import consent, crowd, principal, source
from bartizan.access.signin.budget import Budget, step, turn
from bartizan.access.signin.shards import Shards
from bartizan.access.signin.subject import GUESSES, Act, SignIn
from bartizan.access.signin.suspicion import Suspicion
from bartizan.control import Finding


class Fold:
    """What is known of one origin's sign-ins, or of several origins' that share their pseudonyms."""

    __slots__ = ("_clients", "_crowds", "_principals", "_sources", "budget", "count")

    def __init__(self, perday: float) -> None:
        """Know nothing yet.

        Args:
            perday: alerts that a day is to have.
        """
        self._sources, self._principals = Shards(source.WATCH), Shards(principal.WATCH)
        self._crowds, self._clients = Shards(crowd.WATCH), Shards(consent.WATCH)
        self.budget = Budget(perday)
        self.count = 0

    def step(self, signin: SignIn) -> tuple[Suspicion, ...]:
        """Fold one sign-in; return the alerts that it gives rise to."""
        self.count += 1
        self.budget = turn(self.budget, signin.day)
        alerts: list[Suspicion] = []
        for found in self.suspect(signin):
            self.budget, told = step(self.budget, found)
            alerts.extend(told)
        return tuple(alerts)

    def suspect(self, signin: SignIn) -> Iterator[Suspicion]:
        """Yield what the watches suspect of a sign-in, of which most is ordinary."""
        seen = source.seen(self._sources.state(signin.source), signin, self.age)
        if signin.principal:
            yield from _told(self._principals.step(seen))
        if signin.source:
            yield from _told(self._sources.step(signin))
        if signin.reason in GUESSES:
            yield from _told(self._crowds.step(seen))
        if signin.act is Act.CONSENT:
            yield from _told(self._clients.step(seen))

    @property
    def age(self) -> int:
        """Days since the first sign-in."""
        return max(0, self.budget.day - self.budget.first)

    @property
    def kept(self) -> int:
        """Return how many keys are kept in memory."""
        return sum(map(len, (self._sources, self._principals, self._crowds, self._clients)))


def _told(found: Iterable[Finding]) -> Iterator[Suspicion]:
    return (each for each in found if isinstance(each, Suspicion))
