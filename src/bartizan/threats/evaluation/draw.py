"""Choices that follow from a seed alone: the same on every machine and in every version of Python.

Rules of this file: pure. Nothing secret is drawn here; what is drawn is printed beside its seed.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Thing = TypeVar("Thing")
_OCTETS = 8


class Draw:
    """A stream of choices.

    Args:
        words: what it follows from: a seed, and what the choices are for.
    """

    __slots__ = ("_at", "_key")

    def __init__(self, *words: str | int) -> None:
        """Stand at the beginning of the stream of these words."""
        self._key = blake2b("\0".join(map(str, words)).encode(errors="surrogatepass")).digest()
        self._at = 0

    def below(self, most: int) -> int:
        """Return a whole number from 0 to below `most`; its bias is under `most` / 2**64."""
        self._at += 1
        octets = blake2b(self._at.to_bytes(8, "big"), key=self._key, digest_size=_OCTETS).digest()
        return int.from_bytes(octets, "big") % most

    def percent(self, share: int) -> bool:
        """Return true in `share` of a hundred cases."""
        return self.below(100) < share

    def pick(self, things: Sequence[Thing], count: int) -> tuple[Thing, ...]:
        """Return `count` different things in an order by chance; all of them where there are no more.

        Source: the first steps of Fisher and Yates' shuffle.
        """
        left = list(things)
        return tuple(left.pop(self.below(len(left))) for _ in range(min(count, len(left))))
