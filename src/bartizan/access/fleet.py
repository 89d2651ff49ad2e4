"""Which device a token's key is, and what is to be seen of it now.

Rules of this file: pure. A device that was revoked is refused whatever is asked for; one that is somebody else's is not known.
"""

from typing import Final

from bartizan.clock import Nanoseconds
from bartizan.identity.device import NOTHING, Seen, Standing, seen
from bartizan.identity.state import State

_FOREVER: Final = Nanoseconds(2**63 - 1)


class Fleet:
    """The devices of one generation."""

    __slots__ = ("_by_key", "_good_for", "_healthy", "_revoked")

    def __init__(self, state: State) -> None:
        """Take a generation."""
        self._by_key = {device.key: device for device in state.fleet.devices}
        self._good_for = state.fleet.good_for
        self._healthy = state.fleet.healthy
        self._revoked = frozenset(person.id for person in state.principals if person.revoked)

    def standing(self, principal: str, key: str) -> Standing:
        """Return how the key of a token stands, whatever is claimed of its device.

        Args:
            principal: id of whom the token names.
            key: thumbprint of the token's key, or empty.
        """
        if not key:
            return Standing.UNBOUND
        device = self._by_key.get(key)
        if device is None:
            return Standing.UNKNOWN
        if device.id in self._revoked:
            return Standing.REVOKED
        if device.holder and principal not in {device.holder, device.id}:
            return Standing.ANOTHERS
        return Standing.KNOWN

    def seen(self, principal: str, key: str, now: Nanoseconds) -> tuple[Standing, Seen, Nanoseconds]:
        """Return how a token's key stands, what is to be seen of the device now, and from when it may be something else."""
        standing = self.standing(principal, key)
        if standing is not Standing.KNOWN:
            return standing, NOTHING, _FOREVER
        found, until = seen(self._by_key[key], now, self._good_for)
        if not all(getattr(found, claim) for claim in self._healthy):
            standing = Standing.UNHEALTHY
        return standing, found, _FOREVER if until is None else until
