"""What each principal holds of a worker at once: requests under way, and octets of bodies that are held.

Rules of this file: one principal may take nearly everything while nobody else wants it, and never all of it; what
it holds it gives back in one place, once.
"""

from typing import TYPE_CHECKING, Final

from bartizan.clock import SECOND
from bartizan.gateway.bounds import BODIES_OCTETS
from bartizan.gateway.faults import refusal
from bartizan.gateway.request import CHUNKED

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_OCTETS_EACH: Final = BODIES_OCTETS // 4
_UNTOLD: Final = 4 * 1024 * 1024
"""Octets that a body counts for which comes in chunks and does not say how long it is."""


class Shares:
    """The requests of one worker that have been authenticated and have not ended.

    Whoever was counted once keeps an entry, which is bounded by the principals that there are.
    """

    __slots__ = ("_held", "_held_by", "_of", "_services")

    def __init__(self) -> None:
        """Start with none."""
        self._of: dict[tuple[str, str], int] = {}
        self._services: dict[str, int] = {}
        self._held_by: dict[str, int] = {}
        self._held = 0

    def take(self, exchange: "Exchange", principal: str) -> None:
        """Count a request whose body is still to come.

        Raises:
            Refusal: its principal has too much under way already, or all principals together have.
        """
        service, length = exchange.route.service, exchange.head.length
        octets = _UNTOLD if length == CHUNKED else length
        key = (service.name, principal)
        mine, theirs = self._of.get(key, 0), self._services.get(service.name, 0)
        held = self._held_by.get(principal, 0) + octets
        if _has_enough(service.limits.connections, mine, theirs) or held > _OCTETS_EACH:
            raise refusal("principal-busy", retry_after=SECOND)
        if self._held + octets > BODIES_OCTETS:
            raise refusal("bodies-full", retry_after=SECOND)
        self._of[key], self._services[service.name] = mine + 1, theirs + 1
        self._held_by[principal] = held
        self._held += octets
        exchange.counted, exchange.holds = principal, octets

    def give_octets_back(self, exchange: "Exchange") -> None:
        """Take note that the body is held no longer: it is on its way to the service, or was refused."""
        octets, exchange.holds = exchange.holds, 0
        if octets:
            self._held_by[exchange.counted] -= octets
            self._held -= octets

    def give_back(self, exchange: "Exchange") -> None:
        """Take note that a request has ended, whichever way; a second time, nothing."""
        principal = exchange.counted
        if principal:
            self.give_octets_back(exchange)
            exchange.counted = ""
            service = exchange.route.service.name
            self._services[service] -= 1
            self._of[service, principal] -= 1


def _has_enough(connections: int, mine: int, theirs: int) -> bool:
    """Return whether the connections that are left are for those who hold less than an eighth.

    Those are the last quarter; of fewer than eight connections there is none to spare.
    """
    share = connections // 8
    return theirs >= 6 * share and mine >= share > 0
