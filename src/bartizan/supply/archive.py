"""Judging an archive: each member by its own octets, whatever it is called."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bartizan.supply.containers.member import Member, shown
from bartizan.supply.format import Damaged, Look, Read
from bartizan.supply.octets import Budget
from bartizan.supply.subject import MOST_REASONS, Reason

JOINED: Final = "!"
"""Stands between the parts of a member's path where archives are within one another."""


def judged(members: Iterable[Member], budget: Budget, look: Look) -> Read:
    """Return what is said of an archive: the reasons of all its members, the worst kept where they are many.

    Raises:
        Damaged, TooShort, Exhausted: the container itself is not to be understood.
    """
    reasons: list[Reason] = []
    for member in members:
        reasons.extend(_of(member, budget, look))
        if len(reasons) > _MANY:
            reasons = _worst(reasons)
    return Read(tuple(_worst(reasons)))


_MANY: Final = MOST_REASONS * 16


def _worst(reasons: list[Reason]) -> list[Reason]:
    return sorted(reasons, key=lambda each: -each.standing.rank)[:MOST_REASONS]


def _of(member: Member, budget: Budget, look: Look) -> Iterator[Reason]:
    name = shown(member.name)
    try:
        octets = member.expand()
    except Damaged as fault:
        yield msgspec.structs.replace(fault.reason, member=name)
        return
    for reason in look(octets, budget).reasons:
        inner = f"{name}{JOINED}{reason.member}" if reason.member else name
        yield msgspec.structs.replace(reason, member=inner)
