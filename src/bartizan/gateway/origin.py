"""Whom a request comes from where a proxy stands in front: the address that the proxy names, and nobody else.

Rules of this file: a proxy is known by the address that it connects from and, where there is a secret, by showing that
too; what anybody else says of addresses has no effect. A proxy that is known names exactly one address, that of who
connected to it, in a field of our own that it sets anew; `X-Forwarded-For` and its like are read from nobody, since
proxies add to what a client wrote there. A known proxy that names none, or something else, is refused: all of its
clients would be one.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from bartizan.crypto.secret import Secret
from bartizan.gateway.ext_authz import PREFIX
from bartizan.gateway.faults import refusal
from bartizan.gateway.request import CLIENT

if TYPE_CHECKING:
    from bartizan.gateway.request import RequestHead

_REMEMBERED: Final = 1024
_LONGEST: Final = 45
"""Characters of an address, at most."""


class Networks:
    """Addresses and networks, and which addresses are in them.

    Args:
        networks: addresses, or networks as `10.0.0.0/28`.
    """

    __slots__ = ("_known", "_networks")

    def __init__(self, networks: tuple[str, ...]) -> None:
        """Know these."""
        self._networks = tuple(map(ip_network, networks))
        self._known: dict[str, bool] = {}

    def holds(self, text: str) -> bool:
        """Return whether an address is in one of them; the latest answers are kept."""
        known = self._known.get(text)
        if known is None:
            address = _plain(text)
            known = address is not None and any(address in network for network in self._networks)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = known
        return known


class Fronts:
    """The proxies in front of a gateway.

    Args:
        networks: addresses, or networks as `10.0.0.0/28`, that they connect from.
        secret: what they show; None where the address is enough.
    """

    __slots__ = ("_networks", "_secret")

    def __init__(self, networks: tuple[str, ...], secret: Secret | None) -> None:
        """Know these."""
        self._networks, self._secret = Networks(networks), secret

    def address(self, peer: str, head: "RequestHead") -> str:
        """Return the address of the client that a request comes from, or nothing: it comes from the peer itself.

        Args:
            peer: address that the connection comes from.
            head: of the request.
        Raises:
            Refusal: a known proxy names no client's address.
        """
        if not self._networks.holds(peer) or not (self._secret is None or self._secret.matches(head.edge)):
            return ""
        said = head.fields.get(CLIENT)
        if said is None and head.path.startswith(PREFIX):
            return ""  # a proxy that asks for decisions asks for itself
        named = _plain(said.decode()) if said and len(said) <= _LONGEST else None
        if named is None:
            raise refusal("client-unnamed")
        return str(named)


def _plain(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, mapped IPv4 as IPv4; None where a text is none, or holds more than one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return address
    return None if address.scope_id is not None else address.ipv4_mapped or address
