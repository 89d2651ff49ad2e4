"""What it takes to judge a value: only schemas that are judged in time linear in the value, and not too steep, are served.

Rules of this file: a schema that reaches itself by the same member over two ways is judged twice at every level, so
that a small body takes for ever; one that does not reach itself, but leads over many ways to one place, takes as many
times as long. Both are found in the document, before anything is served, for a library that judges cannot be interrupted.
Each component is looked at once, those that it leads to before it. Where only members that were judged are taken
(`unevaluatedProperties`), that library judges a branch within a branch a second time; so it counts twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from bartizan.gateway.openapi.document import LeftOut

WORK: Final = 4096
"""Schemas by which one place of a value, and what stands in it by one name, may be judged."""
_HOPS: Final = 64
"""References that are followed one after the other at one place of a value."""
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_CONDITIONS: Final = ("then", "else", "not")
_INNER: Final = ("$defs", "definitions")
_ITEMS: Final = ("items", "unevaluatedItems")
_NAMED: Final = ("properties", "patternProperties")
_UNEVALUATED: Final = ("unevaluatedProperties", "unevaluatedItems")
_OTHERS: Final = ("additionalProperties", "unevaluatedProperties")
_PREFIX: Final = "#/components/schemas/"
_DOUBLED: Final = (
    "refers to itself through two branches by the same member, or from a branch within a branch, which takes exponential "
    "time to judge; merge them"
)
_STEEP: Final = f"has one value judged by more than {WORK} schemas, or over more than {_HOPS} references; merge its branches"

Components = Mapping[str, Any]
Table = dict[str, Any]
Price = Callable[[Any], int]


class _Refused(Exception):
    pass


class Work:
    """What is known of the components of one description."""

    def __init__(self) -> None:
        """Know nothing."""
        self._seen: set[str] = set()
        self._refused: dict[str, tuple[str, str]] = {}
        # Under the numbers of tables, which are kept, so that no other gets the same.
        self._weights: dict[int, tuple[Table, int]] = {}
        self._leads: dict[int, tuple[Table, frozenset[str]]] = {}

    def require_bounded(self, pointer: str, schema: object, components: Components) -> None:
        """Refuse a schema by which some value takes too long to be judged.

        Args:
            pointer: to the schema.
            schema: of JSON Schema 2020-12.
            components: that it leads to, by name, all of them.
        Raises:
            LeftOut: it does, or one of those.
        """
        new = {name: one for name, one in components.items() if name not in self._seen}
        for circle in circles({name: set(_refs(one)) & new.keys() for name, one in new.items()}):
            for name in circle:
                self._learn(name, circle if _turns(name, circle, new) else frozenset(), components)
        for name in components:
            if name in self._refused:
                origin, why = self._refused[name]
                raise LeftOut(_PREFIX[1:] + origin, f"{why} (it is part of {pointer})")
        try:
            self._weigh_all(schema, frozenset(), components)
        except _Refused as reason:
            raise LeftOut(pointer, str(reason)) from None

    def _learn(self, name: str, circle: frozenset[str], components: Components) -> None:
        self._seen.add(name)
        bad = next((one for one in _refs(components[name]) if one in self._refused), None)
        if bad is not None:
            self._refused[name] = self._refused[bad]
            return
        try:
            self._weigh_all(components[name], circle, components)
        except _Refused as reason:
            self._refused[name] = (name, str(reason))

    def _weigh_all(self, schema: object, circle: frozenset[str], components: Components) -> None:
        """Weigh a schema, and every one within it that is about a value of its own."""
        for one in (schema, *(inner for table in _within(schema) for inner in _begun(table))):
            if isinstance(one, dict):
                self._weight(one, circle, components)

    def _weight(self, schema: Table, circle: frozenset[str], components: Components) -> int:
        known = self._weights.get(id(schema))
        if known is not None:
            return known[1]
        layer = _layer(schema, components)
        back = {id(one) for one in self._leading(layer, circle)} if circle else set()
        if back and _most(layer, lambda one: id(one) in back) > 1:
            raise _Refused(_DOUBLED)

        def price(one: object) -> int:
            plain = isinstance(one, dict) and id(one) not in back
            return self._weight(one, circle, components) if plain else 0  # type: ignore[arg-type]  # it is a table

        weight = len(layer) + _most(layer, price) + _names(layer, components)
        if weight > WORK:
            raise _Refused(_STEEP)
        self._weights[id(schema)] = (schema, weight)
        return weight

    def _leading(self, layer: Iterable[Table], circle: frozenset[str]) -> Iterator[Table]:
        """Yield the schemas within a value that lead back to a circle."""
        for one in (inner for table in layer for inner in _begun(table)):
            if isinstance(one, dict):
                known = self._leads.get(id(one))
                if known is None:
                    known = self._leads[id(one)] = (one, frozenset(_refs(one)))
                if not circle.isdisjoint(known[1]):
                    yield one


def _layer(schema: Table, components: Components) -> list[Table]:
    """Return every table that judges the value that a schema is about, as often as it does."""
    layer: list[Table] = []
    again: list[Table] = []
    # schema, references on the way, branches that it stands in, and whether in an `if`, which no reference leads out of
    waiting: list[tuple[Any, int, int, bool]] = [(schema, 0, 0, False)]
    while waiting:
        one, hops, depth, asked = waiting.pop()
        if not isinstance(one, dict):
            continue
        layer.append(one)
        if depth > 1:
            again.append(one)
        if len(layer) > WORK or hops > _HOPS:
            raise _Refused(_STEEP)
        if isinstance(one.get("$ref"), str):
            waiting.append((_pointed(one["$ref"], components), hops + 1, depth if asked else 0, asked))
        waiting.extend((inner, hops, depth + 1, asked) for inner in _branches(one))
        waiting.append((one.get("if"), hops, depth + 1, True))
        waiting.extend((inner, hops, depth, asked) for inner in _conditions(one))
    closed = any(table.get(key, True) is not True for table in layer for key in _UNEVALUATED)
    return [*layer, *again] if closed else layer


def _names(layer: Iterable[Table], components: Components) -> int:
    """Return how many tables judge the name of one member."""
    names = 0
    for one in (table.get("propertyNames") for table in layer):
        names += len(_layer(one, components)) if isinstance(one, dict) else 0
        if names > WORK:
            raise _Refused(_STEEP)
    return names


def _most(layer: Iterable[Table], price: Price) -> int:
    """Return the most that the schemas of one member, or of one item, cost together."""
    every = items = 0
    named: dict[str, int] = {}
    for table in layer:
        others = max(price(table.get(key)) for key in _OTHERS)
        every += others + sum(map(price, table.get("patternProperties", {}).values()))
        for name, one in table.get("properties", {}).items():
            named[name] = named.get(name, 0) + price(one) - others
        listed = (*table.get("prefixItems", ()), *(table.get(key) for key in _ITEMS))
        items += max(map(price, listed)) + price(table.get("contains"))
    return max(items, every + max(0, *named.values(), 0))


def _beside(table: Table) -> Iterator[Any]:
    """Yield the schemas in a table that are about the same value as it is."""
    yield from _branches(table)
    yield table.get("if")
    yield from _conditions(table)


def _branches(table: Table) -> Iterator[Any]:
    yield from (inner for key in _BRANCHES for inner in table.get(key, ()))


def _conditions(table: Table) -> Iterator[Any]:
    yield from (table.get(key) for key in _CONDITIONS)
    yield from table.get("dependentSchemas", {}).values()


def _begun(table: Table) -> Iterator[Any]:
    """Yield the schemas in a table that are about a value within its own."""
    yield from (inner for key in _NAMED for inner in table.get(key, {}).values())
    yield from table.get("prefixItems", ())
    yield from (table.get(key) for key in (*_OTHERS, *_ITEMS, "contains"))


def _within(schema: object) -> Iterator[Table]:
    """Yield every schema within a schema, itself first."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend((*_beside(found), *_begun(found)))
            waiting.extend(inner for key in _INNER for inner in found.get(key, {}).values())


def _refs(schema: object) -> Iterator[str]:
    """Yield the components that a schema refers to."""
    for one in _within(schema):
        target = one.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(_PREFIX).split("/")[0]


def _pointed(target: str, components: Components) -> object:
    found: Any = components
    for step in target.removeprefix(_PREFIX).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list):
            found = found[int(name)] if name.isdigit() and int(name) < len(found) else None
        else:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _turns(name: str, circle: frozenset[str], components: Components) -> bool:
    return len(circle) > 1 or name in _refs(components[name])


def circles(graph: Mapping[str, set[str]]) -> Iterator[frozenset[str]]:
    """Yield the groups of names that lead to each other, each after all groups that it leads to.

    Args:
        graph: name -> names that it leads to, each of them a name of the graph.
    Source: Tarjan 1972, without recursion.
    """
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    standing: list[str] = []
    for root in graph:
        ways = [] if root in number else [_entered(root, graph, number, lowest, standing)]
        while ways:
            name, rest = ways[-1]
            other = next(rest, None)
            if other is None:
                ways.pop()
                if lowest[name] == number[name]:
                    yield _left(name, number, standing)
                elif ways:
                    lowest[ways[-1][0]] = min(lowest[ways[-1][0]], lowest[name])
            elif other not in number:
                ways.append(_entered(other, graph, number, lowest, standing))
            else:  # of a group that was yielded, it is infinite
                lowest[name] = min(lowest[name], number[other])


_Way = tuple[str, Iterator[str]]
_DONE: Final = 1 << 62


def _entered(
    name: str,
    graph: Mapping[str, set[str]],
    number: dict[str, int],
    lowest: dict[str, int],
    standing: list[str],
) -> _Way:
    number[name] = lowest[name] = len(number)
    standing.append(name)
    return name, iter(sorted(graph[name]))


def _left(name: str, number: dict[str, int], standing: list[str]) -> frozenset[str]:
    at = standing.index(name)
    members = frozenset(standing[at:])
    del standing[at:]
    number.update(dict.fromkeys(members, _DONE))
    return members
