"""Random names for principals, addresses, requests and tokens; only the store can tell whose they are."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Literal

import msgspec

_OCTETS: Final = 8
_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 56
_IPV4_WIDE: Final = 16
_IPV6_WIDE: Final = 32

Random = Callable[[int], bytes]
"""Number of octets -> that many random octets."""


class Minted(msgspec.Struct, frozen=True):
    """A new pseudonym of an address prefix, for the store."""

    pseudonym: str
    prefix: str


def mint(letter: Literal["p", "a", "q", "t", "f"], random: Random = secrets.token_bytes) -> str:
    """Return a random pseudonym: the letter, a hyphen, 16 hexadecimal digits.

    Args:
        letter: p for a principal, a for an address prefix, q for a request, t for a token, f for a family of tokens.
        random: source of octets.
    """
    return f"{letter}-{random(_OCTETS).hex()}"


@lru_cache(maxsize=4096)
def prefix(address: str) -> str:
    """Return the prefix that an address is known by: /24 of IPv4, /56 of IPv6 (mapped IPv4 as IPv4).

    Raises:
        ValueError: not an address.
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = _IPV4_PREFIX if isinstance(parsed, IPv4Address) else _IPV6_PREFIX
    return str(ip_network((parsed, bits), strict=False))


@lru_cache(maxsize=4096)
def wide(network: str) -> str:
    """Return the wide network that a prefix is of, which one provider mostly has: /16 of IPv4, /32 of IPv6.

    Raises:
        ValueError: not a prefix of `prefix`.
    """
    parsed = ip_network(network)
    return str(parsed.supernet(new_prefix=_IPV4_WIDE if parsed.version == 4 else _IPV6_WIDE))  # noqa: PLR2004  # IPv4


class Addresses:
    """Address prefix -> pseudonym, bounded: the prefix that was unseen for longest gives way to a new one.

    A prefix that comes back after that gets a new pseudonym; the store may hold several for one prefix.
    """

    __slots__ = ("_capacity", "_known", "_new", "_prefixes", "_random")

    def __init__(self, capacity: int = 16_384, random: Random = secrets.token_bytes) -> None:
        """Start empty.

        Args:
            capacity: most prefixes remembered, and most new ones kept until they are taken.
            random: source of octets.
        """
        self._capacity = capacity
        self._random = random
        self._known: OrderedDict[str, str] = OrderedDict()
        self._prefixes: dict[str, str] = {}
        self._new: OrderedDict[str, Minted] = OrderedDict()

    def __len__(self) -> int:
        """Return how many prefixes are remembered."""
        return len(self._known)

    def pseudonym(self, address: str) -> str:
        """Return the pseudonym of an address's prefix, minting one for a prefix that is not remembered.

        Raises:
            ValueError: not an address.
        """
        network = prefix(address)
        known = self._known.get(network)
        if known is not None:
            self._known.move_to_end(network)
            return known
        minted = mint("a", self._random)
        self._known[network] = minted
        self._prefixes[minted] = network
        self._new[minted] = Minted(minted, network)
        if len(self._known) > self._capacity:
            del self._prefixes[self._known.popitem(last=False)[1]]
        if len(self._new) > self._capacity:
            self._new.popitem(last=False)
        return minted

    def prefix_of(self, pseudonym: str) -> str:
        """Return the prefix that a pseudonym stands for; the pseudonym itself where it gave way to a newer one.

        For what is counted with others, who have pseudonyms of their own; never for a record.
        """
        return self._prefixes.get(pseudonym, pseudonym)

    def take_new(self) -> tuple[Minted, ...]:
        """Return the pseudonyms minted since the last call, oldest first, and forget that they are new."""
        taken = tuple(self._new.values())
        self._new.clear()
        return taken
