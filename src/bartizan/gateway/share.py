"""What each principal holds of a worker at once: requests under way, and octets of bodies that are held.

Rules of this file: one principal may take nearly everything while nobody else wants it, and never all of it; what
it holds it gives back in one place, once.
"""

from collections import Counter
from typing import TYPE_CHECKING, Final

from bartizan.clock import SECOND
from bartizan.gateway.bounds import BODIES_OCTETS
from bartizan.gateway.faults import refusal
from bartizan.gateway.ports import ServiceRoute
from bartizan.gateway.request import CHUNKED

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_OCTETS_EACH: Final = BODIES_OCTETS // 4
_UNTOLD: Final = 4 * 1024 * 1024
"""Octets that a body counts for which comes in chunks and does not say how long it is."""


class Shares:
    """The requests of one worker that have been authenticated and have not ended."""

    __slots__ = ("_every_octet", "_mine", "_octets", "_theirs")

    def __init__(self) -> None:
        """Start with none."""
        self._mine: Counter[tuple[str, str]] = Counter()
        self._theirs: Counter[str] = Counter()
        self._octets: Counter[str] = Counter()
        self._every_octet = 0

    def take(self, exchange: "Exchange", principal: str) -> None:
        """Count a request whose body is still to come.

        Raises:
            Refusal: its principal has too much under way already, or all principals together have.
        """
        route, head = exchange.route, exchange.head
        octets = _UNTOLD if head.length == CHUNKED else head.length
        if self._has_enough(route.service, principal) or self._octets[principal] + octets > _OCTETS_EACH:
            raise refusal("principal-busy", retry_after=SECOND)
        if self._every_octet + octets > BODIES_OCTETS:
            raise refusal("bodies-full", retry_after=SECOND)
        self._mine[route.service.name, principal] += 1
        self._theirs[route.service.name] += 1
        self._hold(principal, octets)
        exchange.counted, exchange.holds = principal, octets

    def _has_enough(self, service: ServiceRoute, principal: str) -> bool:
        """Return whether the connections that are left are for those who hold less than an eighth.

        Those are the last quarter; of fewer than eight connections there is none to spare.
        """
        share = service.limits.connections // 8
        everybodys = self._theirs[service.name]
        return bool(share) and everybodys >= 6 * share and self._mine[service.name, principal] >= share

    def give_octets_back(self, exchange: "Exchange") -> None:
        """Take note that the body is held no longer: it is on its way to the service, or was refused."""
        if exchange.holds:
            self._hold(exchange.counted, -exchange.holds)
            exchange.holds = 0

    def give_back(self, exchange: "Exchange") -> None:
        """Take note that a request has ended, whichever way; a second time, nothing."""
        if not exchange.counted:
            return
        self.give_octets_back(exchange)
        service, principal = exchange.route.service.name, exchange.counted
        exchange.counted = ""
        self._theirs[service] -= 1
        self._mine[service, principal] -= 1
        if not self._mine[service, principal]:
            del self._mine[service, principal]

    def _hold(self, principal: str, octets: int) -> None:
        self._every_octet += octets
        self._octets[principal] += octets
        if not self._octets[principal]:
            del self._octets[principal]
