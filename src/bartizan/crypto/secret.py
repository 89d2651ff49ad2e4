"""Octets that must not leak by accident: by a timing-dependent comparison, a log line, a pickle."""

import hmac
from typing import NoReturn, SupportsIndex, final

import msgspec
from typing_extensions import override


@final
class Tag(bytes):
    """An authentication tag or digest that somebody else may have chosen: `==` raises, `matches` is safe."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # a look-up by hash would compare with ==

    @override
    def __eq__(self, other: object) -> NoReturn:
        """Refuse.

        Raises:
            TypeError: always; the time that == takes tells how many octets agree.
        """
        raise TypeError("a Tag is compared with .matches(), in constant time")

    @override
    def __ne__(self, other: object) -> NoReturn:
        """Refuse, as `==` does.

        Raises:
            TypeError: always.
        """
        raise TypeError("a Tag is compared with .matches(), in constant time")

    def matches(self, other: bytes) -> bool:
        """Return whether both hold the same octets, in time that depends on the length only."""
        return hmac.compare_digest(self, other)


@final
class Secret:
    """Octets that print as `…` and go nowhere unless revealed: no pickle, no copy, no JSON, no comparison."""

    __slots__ = ("_octets",)
    __hash__ = None  # type: ignore[assignment]  # a look-up by hash would compare with ==

    def __init__(self, octets: bytes) -> None:
        """Hold the octets."""
        self._octets = octets

    def reveal(self) -> bytes:
        """Return the octets, to be handed at once to what needs them."""
        return self._octets

    def matches(self, other: bytes) -> bool:
        """Return whether it holds these octets, in time that depends on the length only."""
        return hmac.compare_digest(self._octets, other)

    @override
    def __repr__(self) -> str:
        """Return `…`."""
        return "…"

    @override
    def __format__(self, spec: str) -> str:
        """Return `…`, whatever the format asked for."""
        return "…"

    @override
    def __eq__(self, other: object) -> NoReturn:
        """Refuse.

        Raises:
            TypeError: always; the time that == takes tells how many octets agree.
        """
        raise TypeError("a Secret is compared with .matches(), in constant time")

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: always.
        """
        raise TypeError("a Secret is neither pickled nor copied")


class Reticent(msgspec.Struct, frozen=True):
    """What a secret is among: no message, traceback or log can show more of it than its kind."""

    @override
    def __repr__(self) -> str:
        """Return its kind."""
        return f"{type(self).__name__}(…)"
