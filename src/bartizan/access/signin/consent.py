"""What a client is given: rights in principals' names, soon after it was first seen.

Rules of this file: pure; sharded by client. A client becomes known by time and by how many use it, never by asking again.
"""

from math import log2

import msgspec

from bartizan.access.signin.counted import distinct, mark
from bartizan.access.signin.subject import Act, Seen
from bartizan.access.signin.suspicion import Kind, Suspicion, suspicion
from bartizan.control import Watch

_LEARNING = 7
_NEW_DAYS = 14
_NEWNESS = 5.0
_GRAVE = 4.0


class Client(msgspec.Struct, frozen=True, gc=False):
    """What is known of a client.

    Attributes:
        first: day of its first consent; -1 before it.
        native: whether that was while everything was new here.
        principals: marks of who consented.
    """

    first: int = -1
    native: bool = False
    principals: int = 0

    @property
    def earned(self) -> bool:
        """Whether a principal has consented to it."""
        return self.first >= 0


def _step(state: Client, seen: Seen) -> tuple[Client, tuple[Suspicion, ...]]:
    signin = seen.signin
    if signin.act is not Act.CONSENT or not signin.good or not signin.client:
        return state, ()
    first = state.first if state.first >= 0 else signin.day
    native = state.native if state.first >= 0 else seen.age < _LEARNING
    state = Client(first, native, state.principals | mark(signin.principal))
    age = signin.day - first
    newness = 0.0 if native else max(0.0, _NEWNESS - log2(max(1, age / _NEW_DAYS)))
    spread = 2 * log2(1 + distinct(state.principals))
    # a client that is new spreads like a campaign; one that is old is known by how many use it
    weight = newness + _GRAVE * signin.grave + (spread if newness else -spread)
    if weight <= 0:
        return state, ()
    stream = f"{Kind.CONSENT.value}.{'grave' if signin.grave else 'plain'}"
    return state, (suspicion(Kind.CONSENT, stream, weight, signin.client, signin, held=True),)


WATCH = Watch("access.login-anomaly", lambda seen: seen.signin.client, Client(), _step)
