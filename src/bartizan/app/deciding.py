"""What the gateway asks the access room and the limiter, as functions over the generation in force.

Rules of this file: every question first makes sure that the newest generation is loaded. Where there is
nothing to decide on, the answer is a refusal.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.app.freshness import Freshness
from bartizan.app.networks import Networks, Sums
from bartizan.app.plan import Service
from bartizan.clock import MINUTE, SECOND, Nanoseconds
from bartizan.crypto.tls_groups import HYBRID
from bartizan.gateway import ports
from bartizan.identity.shown import Shown
from bartizan.identity.token import claimed_client
from bartizan.store.gauge import Rate, requests_at_once
from bartizan.store.limits import MemoryLimiter

AUDIENCE: Final = "bartizan:gateway"
"""What a token must be meant for."""
UNAVAILABLE: Final = Refused(
    "access.request-authenticated",
    "control-unavailable",
    "The platform's control process has been away for 30 seconds, so nothing can be decided; try again later.",
    503,
)
STRANGERS: Final = Rate(Nanoseconds(MINUTE // 1200), 300)
"""Requests of one address prefix that nobody known makes: 1,200 a minute, 300 at once."""
CLIENTS: Final = Rate(Nanoseconds(2 * SECOND), 10)
"""Requests for a token that one registered client makes from an address whose strangers overdid it."""


class Deciding:
    """The answers of one worker.

    Args:
        fresh: the generation in force.
        services: every upstream; their limits.
        sums: who sums up what strangers of each network asked for; None where this worker alone counts it.
        network: pseudonym of an address -> its network, for the sums.
    """

    def __init__(
        self,
        fresh: Freshness,
        services: tuple[Service, ...],
        sums: Sums | None = None,
        network: Callable[[str], str] = str,
    ) -> None:
        """Start with every limit unused."""
        self._fresh = fresh
        self._limits: Mapping[str, Rate] = {
            service.name: _limit(service.requests_per_minute) for service in services
        }
        self._principals, self._addresses, self._clients = MemoryLimiter(), MemoryLimiter(), MemoryLimiter()
        self.networks = Networks(self._addresses, STRANGERS, sums, network)

    def authenticate(self, token: str, now: Nanoseconds) -> Authenticated | Refused:
        """Return who presents this token, or why it is not accepted."""
        access = self._fresh.current()
        return UNAVAILABLE if access is None else access.authenticate(token, now)

    def prove(self, who: ports.Authenticated, shown: Shown, now: Nanoseconds) -> Refused | None:
        """Return why a token is not taken as it is shown; None where it is."""
        access = self._fresh.current()
        if access is None or not isinstance(who, Authenticated):
            return UNAVAILABLE
        return access.prove(who, shown, now)

    def authorize(
        self, who: ports.Authenticated, action: str, service: str, circumstances: ports.Circumstances
    ) -> Allowed | Refused:
        """Return whether they may do that to this service."""
        access = self._fresh.current()
        if access is None or not isinstance(who, Authenticated):
            return UNAVAILABLE
        here = Circumstances(circumstances.group in HYBRID, circumstances.operation, circumstances.tool)
        return access.authorize(who, action, service, here)

    def limit(self, service: str, key: str, now: Nanoseconds) -> int:
        """Return how long a principal must wait before it calls this service again; counts a call that need not.

        Where it need not: minus the nanoseconds until all of its calls are there again.

        Args:
            service: its name.
            key: names the service and the principal.
            now: the instant of the call.
        """
        return self._principals.ask(key, now, self._limits[service])

    def remembered(self) -> Iterable[tuple[str, int]]:
        """Yield how many keys each of its limiters remembers."""
        yield "principals", len(self._principals)
        yield "addresses", len(self._addresses)
        yield "clients", len(self._clients)

    def address_limit(self, address: str, now: Nanoseconds) -> int:
        """Return how long this source of strangers must wait, 0 if not; counts the request."""
        wait = _wait(self._addresses, address, now, STRANGERS)
        if not wait:
            self.networks.count(address)
        return wait

    def address_barred(self, address: str, token: str, now: Nanoseconds) -> int:
        """Return how long this address must wait before another token of its strangers' is verified, 0 if not.

        A token that was verified before costs nothing. Another is verified if it names a registered client that is
        within its limit at this address.
        """
        wait = self._addresses.waits(address, now, STRANGERS)
        access = self._fresh.current()
        if not wait or access is None or access.remembers(token, now):
            return 0
        return wait if self.client_limit(address, claimed_client(token), now) else 0

    def client_limit(self, address: str, client: str, now: Nanoseconds) -> int:
        """Return how long who says to be this client must wait, 0 if not; counts the request of a registered one."""
        access = self._fresh.current()
        if access is None or not access.knows_client(client):
            return SECOND
        return _wait(self._clients, f"{address} {client}", now, CLIENTS)


def _limit(per_minute: int) -> Rate:
    return Rate(Nanoseconds(-(-MINUTE // per_minute)), requests_at_once(per_minute))


def _wait(limiter: MemoryLimiter, key: str, now: Nanoseconds, limit: Rate) -> int:
    return max(0, limiter.ask(key, now, limit))
