"""A crossed design: a few platforms show many weaknesses, and none can hide behind another.

The members are laid on a square whose rows and columns are the groups. Two of them meet in at most one group, and each
is in two: so whatever one member alone breaks shows in a group that the other is not in. Where every group breaks
exactly the rows of its members, each member therefore breaks its own row and no other one, as if each had been tried
alone; what two do only together fails a group too, and is looked into. Source: Phatarfod and Sudbury 1994, "The use of a
square array scheme in blood testing".
"""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

_Member = TypeVar("_Member")


def crossed(members: Sequence[_Member]) -> tuple[tuple[_Member, ...], ...]:
    """Return the groups: about twice the square root of the members, neighbours in the sequence apart.

    Args:
        members: each once.
    """
    side = next(side for side in count(1) if side * side >= len(members))
    rows: list[list[_Member]] = [[] for _ in range(side)]
    columns: list[list[_Member]] = [[] for _ in range(side)]
    for place, member in enumerate(members):
        rows[place % side].append(member)
        columns[(place // side + place) % side].append(member)
    return tuple(tuple(group) for group in (*rows, *columns) if group)
