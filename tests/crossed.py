"""A crossed design: a few platforms show many weaknesses, and none can hide behind another.

Each member is in two groups, and no two members are in the same two: the groups are the points of a graph and the
members its edges. So two of them meet in at most one group, and whatever one member alone breaks shows in a group that
the other is not in. Where every group breaks exactly the rows of its members, each member therefore breaks its own row
and no other one, as if each had been tried alone; what two do only together fails a group too, and is looked into. In
a complete graph the groups are as few as can be. Source: Phatarfod and Sudbury 1994, "The use of a square array scheme
in blood testing", whose array is the graph of two parts.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from math import comb
from typing import TypeVar

_Member = TypeVar("_Member")


def crossed(members: Sequence[_Member]) -> tuple[tuple[_Member, ...], ...]:
    """Return the groups: about the square root of twice the members, neighbours in the sequence apart.

    Args:
        members: each once.
    """
    size = next(size for size in count(2) if comb(size, 2) >= len(members))
    groups: list[list[_Member]] = [[] for _ in range(size)]
    for member, pair in zip(members, _pairs(size), strict=False):
        for number in pair:
            groups[number].append(member)
    return tuple(tuple(group) for group in groups if group)


def _pairs(size: int) -> Iterator[tuple[int, int]]:
    """Yield every pair of as many points once, in rounds in which each point occurs at most once (the circle method)."""
    around = size - 1 + size % 2  # the points on the circle; the one left over is its middle
    for turn in range(around):
        if around < size:
            yield turn, around
        for step in range(1, (around + 1) // 2):
            yield (turn + step) % around, (turn - step) % around
