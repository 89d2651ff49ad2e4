"""A place in octets that moves on: numbers of a fixed width, and rows of octets with their length before them.

Rules of this file: everything is little-endian; what is not there raises `TooShort`; each step is counted.
"""

import struct
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets, TooShort

_U8: Final = struct.Struct("<B")
_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")


class Cursor:
    """A place in octets.

    Attributes:
        octets: that it moves through.
        at: where it is.
        budget: from which each step is taken.
    """

    __slots__ = ("at", "budget", "octets")

    def __init__(self, octets: Octets, budget: Budget, at: int = 0) -> None:
        """Begin at a place."""
        self.octets, self.budget, self.at = octets, budget, at

    @property
    def left(self) -> int:
        """Return how many octets follow."""
        return len(self.octets) - self.at

    def _number(self, form: struct.Struct) -> int:
        self.budget.spend(1)
        if self.at + form.size > len(self.octets):
            raise TooShort(f"octet {self.at}")
        (found,) = form.unpack_from(self.octets.view, self.at)
        self.at += form.size
        return int(found)

    def u8(self) -> int:
        """Return the next octet."""
        return self._number(_U8)

    def u16(self) -> int:
        """Return the number in the next two."""
        return self._number(_U16)

    def u32(self) -> int:
        """Return the number in the next four."""
        return self._number(_U32)

    def u64(self) -> int:
        """Return the number in the next eight."""
        return self._number(_U64)

    def take(self, count: int) -> bytes:
        """Return a copy of so many octets."""
        self.budget.spend(1)
        found = self.octets.take(self.at, count)
        self.at += count
        return found

    def part(self, count: int, name: str = "") -> Octets:
        """Return so many octets without copying them."""
        self.budget.spend(1)
        found = self.octets.part(self.at, count, name)
        self.at += count
        return found

    def skip(self, count: int) -> None:
        """Go past so many octets, which have to be there."""
        self.budget.spend(1)
        if count < 0 or count > self.left:
            raise TooShort(f"octets {self.at} to {self.at + count} of {len(self.octets)}")
        self.at += count

    def zeros(self, count: int, what: str) -> None:
        """Go past so many octets that have to be zero.

        Raises:
            Damaged: one of them is not: something hides where nothing belongs.
        """
        start = self.at
        if any(self.take(count)):
            raise Damaged("padding-used", f"octets between {what} are not zero; nothing belongs there", start)

    def text(self, count: int, what: str) -> str:
        """Return so many octets as text.

        Raises:
            Damaged: they are not UTF-8.
        """
        start = self.at
        try:
            return self.take(count).decode()
        except UnicodeDecodeError:
            raise Damaged("not-text", f"{what} is not UTF-8", start) from None
