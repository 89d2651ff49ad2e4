"""Whose place goes to a newcomer where there are no more: one of the crowd's, by networks of networks.

Rules of this file: pure. Whoever comes counts among their own. The place is taken where most are, first among wide networks,
then among the networks of that one; where as many are as the newcomer's own, it is their own oldest that goes, or they
themselves. So a crowd takes places from itself alone, and nobody loses theirs to one who is of as many.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bartizan.identity.pseudonym import wide

Whence = tuple[str, str]
"""A wide network and the network within it, or what stands for them where nobody knows; as of `whence`."""
UNKNOWN: Final = ""
"""Stands for the wide network of all whose network is not known, or not yet: they are one crowd."""


def whence(prefix: str, source: str) -> Whence:
    """Return where somebody comes from.

    Args:
        prefix: of their address, as `pseudonym.prefix` has it; empty where it is not known.
        source: pseudonym of it, or empty.
    """
    return (wide(prefix), prefix) if prefix else (UNKNOWN, source)


def gives_way(there: Sequence[Whence], newcomer: Whence) -> int | None:
    """Return the index of who gives way to a newcomer; None where it is the newcomer.

    Args:
        there: where each comes from who has a place, the oldest first.
        newcomer: where they come from.
    """
    crowd = [*enumerate(there), (None, newcomer)]
    for depth in range(len(newcomer)):
        counts = Counter(each[depth] for _, each in crowd)
        own = counts[newcomer[depth]] if any(at is None for at, _ in crowd) else 0
        most, many = counts.most_common(1)[0]
        most = newcomer[depth] if own == many else most
        crowd = [(at, each) for at, each in crowd if each[depth] == most]
    return crowd[0][0]
