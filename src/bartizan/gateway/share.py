"""What each principal holds of a worker at once: requests under way, and octets of bodies that are held.

Rules of this file: one principal may take nearly everything while nobody else wants it, and never all of it; what
it holds it gives back in one place, once.
"""

from typing import TYPE_CHECKING, Final

from bartizan.clock import SECOND
from bartizan.gateway.bounds import BODIES_OCTETS
from bartizan.gateway.faults import refusal
from bartizan.gateway.request import CHUNKED
from bartizan.gateway.service import ServiceRoute

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_OCTETS_EACH: Final = BODIES_OCTETS // 4
_UNTOLD: Final = 4 * 1024 * 1024
"""Octets that a body counts for which comes in chunks and does not say how long it is."""


class _Counted:
    """How many requests, or octets of bodies, somebody has."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Share:
    """What one principal has under way with one service.

    Attributes:
        key: both their names, for what is counted of the two together.
    """

    __slots__ = ("connections", "held", "key", "mine", "theirs")

    def __init__(self, key: str, connections: int, theirs: _Counted, held: _Counted) -> None:
        """Have nothing yet.

        Args:
            key: of both.
            connections: to the service at once.
            theirs: requests of everybody with this service.
            held: octets of this principal's bodies, for any service.
        """
        self.key, self.connections, self.theirs, self.held = key, connections, theirs, held
        self.mine = 0

    @property
    def has_enough(self) -> bool:
        """Whether what is left of the connections is for those who hold less than an eighth.

        Those are the last quarter; of fewer than eight connections there is none to spare.
        """
        share = self.connections // 8
        return self.theirs.count >= 6 * share and self.mine >= share > 0


class Shares:
    """The requests of one worker that have been authenticated and have not ended.

    Whoever was counted once keeps an entry, which is bounded by the principals that there are.
    """

    __slots__ = ("_held", "_held_by", "_of", "_services")

    def __init__(self) -> None:
        """Start with none."""
        self._of: dict[tuple[str, str], Share] = {}
        self._services: dict[str, _Counted] = {}
        self._held_by: dict[str, _Counted] = {}
        self._held = 0

    def of(self, service: ServiceRoute, principal: str) -> Share:
        """Return what a principal has under way with a service; one and the same each time."""
        share = self._of.get((service.name, principal))
        if share is None:
            theirs = self._services.setdefault(service.name, _Counted())
            held = self._held_by.setdefault(principal, _Counted())
            key = f"{service.name} {principal}"
            share = self._of[service.name, principal] = Share(key, service.limits.connections, theirs, held)
        return share

    def take(self, exchange: "Exchange", share: Share) -> None:
        """Count a request whose body is still to come.

        Raises:
            Refusal: its principal has too much under way already, or all principals together have.
        """
        length = exchange.length
        octets = _UNTOLD if length == CHUNKED else length
        if share.held.count + octets > _OCTETS_EACH or share.has_enough:
            raise refusal("principal-busy", retry_after=SECOND)
        if self._held + octets > BODIES_OCTETS:
            raise refusal("bodies-full", retry_after=SECOND)
        share.mine += 1
        share.theirs.count += 1
        share.held.count += octets
        self._held += octets
        exchange.share, exchange.holds = share, octets

    def give_octets_back(self, exchange: "Exchange") -> None:
        """Take note that the body is held no longer: it is on its way to the service, or was refused."""
        octets = exchange.holds
        if octets and exchange.share is not None:
            exchange.holds = 0
            exchange.share.held.count -= octets
            self._held -= octets

    def give_back(self, exchange: "Exchange") -> None:
        """Take note that a request has ended, whichever way; a second time, nothing."""
        share = exchange.share
        if share is not None:
            self.give_octets_back(exchange)
            exchange.share = None
            share.theirs.count -= 1
            share.mine -= 1
