"""Whether an outbound connection may go to an address. Pure.

Rules of this file: an address that is not plainly public is refused unless configuration lists it. An
address that carries another one (mapped, NAT64) is judged by the one that it carries. The tables follow the
IANA special-purpose registries (RFC 6890 as of 2025-10); Python's `is_private` changes between releases.
"""

import ipaddress
from typing import Final

from bartizan.egress.faults import BY_ADDRESS_ONLY, AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_KINDS: Final = {
    "metadata": (
        "169.254.169.254/32",  # most clouds
        "169.254.170.2/32",  # AWS, credentials of a task
        "169.254.170.23/32",  # AWS, credentials of a pod
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure; in public space
        "192.0.0.192/32",  # Oracle
        "fd00:ec2::254/128",  # AWS
        "fd00:ec2::23/128",  # AWS, credentials of a pod
        "fd20:ce::254/128",  # Google
    ),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "shared": ("100.64.0.0/10",),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "unspecified": ("0.0.0.0/8", "::/128"),
    "translated": ("192.88.99.0/24", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
    "reserved": (
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "::/96",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
    ),
}
_TABLE: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ipaddress.ip_network(network), kind) for kind, networks in _KINDS.items() for network in networks
)
"""In order: the first that holds an address names its kind."""
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
_LOW_32: Final = 0xFFFF_FFFF


def kind_of(address: Address) -> str:
    """Return `public`, or the kind of special address that this is: a key of the table above."""
    address = carried(address)
    for network, kind in _TABLE:
        if address.version == network.version and address in network:
            return kind
    if address.version == 6 and address not in _GLOBAL:  # noqa: PLR2004 - the version's own number
        return "reserved"
    return "public"


def carried(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, or by NAT64), else the address."""
    if isinstance(address, ipaddress.IPv6Address) and (address in _MAPPED or address in _NAT64):
        return ipaddress.IPv4Address(int(address) & _LOW_32)
    return address


def check(host: str, address: Address, port: int, allowed: frozenset[str]) -> None:
    """Return if a connection to this address may be made.

    Args:
        host: as configuration names it: a DNS name, or an address.
        address: what it was resolved to.
        port: 1 to 65535.
        allowed: what may be reached besides public addresses, each with or without `:port`: host names,
            addresses (IPv6 in brackets where a port follows) and networks (`10.1.0.0/16`). A host name
            allows loopback, private and shared addresses only.
    Raises:
        AddressRefused: it may not.
    """
    kind = kind_of(address)
    if kind == "public":
        return
    host = host.lower()
    if kind not in BY_ADDRESS_ONLY and not {host, f"{host}:{port}"}.isdisjoint(allowed):
        return
    if any(_covers(entry, carried(address), port) for entry in allowed):
        return
    named = str(address) if kind in BY_ADDRESS_ONLY else host
    raise AddressRefused(host, kind, f"[{named}]:{port}" if ":" in named else f"{named}:{port}")


def _covers(entry: str, address: Address, port: int) -> bool:
    """Return whether an entry is an address or a network that holds this address, at this port if it names one."""
    for text in (entry, entry.removesuffix(f":{port}")):
        try:
            network = ipaddress.ip_network(text.removeprefix("[").removesuffix("]"))
        except ValueError:
            continue
        if network.version == address.version and address in network:
            return True
    return False
