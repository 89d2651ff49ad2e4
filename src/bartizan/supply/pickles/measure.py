"""How large, deep and round a value is that a pickle builds, as something that walks all of it would find.

Rules of this file: nothing recurses, so no depth harms the one who measures. What is shared is counted once a place where it is
seen, since that is what printing, hashing or converting it costs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bartizan.supply.pickles.contracts.numpy import Array
from bartizan.supply.pickles.values import Made, Sparse, Table
from bartizan.supply.subject import Reason, Standing

MOST_DEEP: Final = 500
"""Containers within one another."""
MOST_PARTS: Final = 10_000_000
"""Parts that a value may have once nothing is shared, and so many more for each operation of its pickle:"""
PARTS_EACH: Final = 64
_LEAVES: Final = frozenset({type(None), bool, int, float, str, bytes})


def children(value: object) -> Iterator[object]:
    """Return the values that stand within one."""
    if isinstance(value, list | tuple):
        return iter(value)
    if isinstance(value, Table):
        return iter(value.pairs)
    if isinstance(value, Made):
        return iter((*value.arguments, *value.items, value.state, value.detail))
    if isinstance(value, Array) and isinstance(value.data, list):
        return iter(value.data)
    return iter(value.parts if isinstance(value, Sparse) else ())


@dataclass(slots=True)
class _Step:
    """One container on the path from the root: what of it is still to be seen, and how many parts it has so far."""

    ident: int
    rest: Iterator[object]
    size: int = 1


def overgrown(root: object, operations: int) -> Reason | None:
    """Return why a value is no data to be loaded: it holds itself, is too deep, or grows to far more than its pickle."""
    most = MOST_PARTS + PARTS_EACH * operations
    sizes: dict[int, int] = {}
    path, open_ = [_Step(id(root), children(root))], {id(root)}
    while path:
        step = path[-1]
        below = _below(step, sizes)
        if step.size > most:
            return _reason("expands", "it grows to far more than it is, and fills memory where it is walked")
        if below is None:
            path.pop()
            open_.discard(step.ident)
            sizes[step.ident] = step.size
            if path:
                path[-1].size += step.size
            continue
        if id(below) in open_:
            return _reason("cyclic", "it holds itself, which no data that is read from a file needs")
        if len(path) > MOST_DEEP:
            return _reason("too-deep", "it is nested too deeply; save it in a flatter form")
        open_.add(id(below))
        path.append(_Step(id(below), children(below)))
    return None


def _below(step: _Step, sizes: Mapping[int, int]) -> object:
    """Return the next container within one that was not seen before, having counted what stands before it; None at the end."""
    for each in step.rest:
        if type(each) in _LEAVES:
            step.size += 1
        elif id(each) in sizes:
            step.size += sizes[id(each)]
        else:
            return each
    return None


def _reason(word: str, what: str) -> Reason:
    return Reason(word, what, Standing.UNKNOWN)
