"""Schemas that refer to themselves: only those that a value is judged by in linear time.

Rules of this file: a schema that reaches itself through two branches, both by the same member, is judged twice at every
level, so that a small body takes for ever. Which members lead back is found in the document, before anything is served.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bartizan.gateway.openapi.document import LeftOut

_ITEMS: Final = "[]"
_ANY: Final = "*"
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_PREFIX: Final = "#/components/schemas/"

Components = Mapping[str, Any]


def require_narrow(pointer: str, components: Components) -> None:
    """Refuse components that are judged twice at each level of a value.

    Args:
        pointer: to what refers to them.
        components: by name, as `schema.py` writes them.
    Raises:
        LeftOut: one is.
    """
    back = {name: _reachable(name, components) for name in components}
    for name, schema in components.items():
        if name in back[name] and any(_doubled(one, name, components, back) for one in _all(schema)):
            raise LeftOut(
                f"/components/schemas/{name}",
                "refers to itself through two branches by the same member, which takes exponential time to judge; "
                f"merge them (it is part of {pointer})",
            )


def _reachable(name: str, components: Components) -> frozenset[str]:
    """Return the components that one leads to, itself included only where it leads back to itself."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        for found in _refs(components.get(waiting.pop(), {})):
            if found not in reached:
                reached.add(found)
                waiting.append(found)
    return frozenset(reached)


def _refs(schema: Any) -> Iterator[str]:  # noqa: ANN401 - a schema is whatever JSON it is
    for one in _all(schema):
        target = one.get("$ref")
        if isinstance(target, str):
            yield _named(target)


def _named(target: str) -> str:
    return target.removeprefix(_PREFIX).split("/")[0]


def _all(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a schema is whatever JSON it is
    """Yield every table within a schema, itself first."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


def _doubled(
    schema: dict[str, Any], name: str, components: Components, back: Mapping[str, frozenset[str]]
) -> bool:
    """Return whether two branches at one place lead back to a component by the same member."""
    seen: set[str] = set()
    for branch in _branches(schema):
        steps = set(_steps(branch, name, components, back, set()))
        members = steps - {_ITEMS}
        if steps & seen or (_ANY in seen and members) or (_ANY in members and seen - {_ITEMS}):
            return True
        seen |= steps
    return False


def _branches(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {key: value for key, value in schema.items() if key not in _BRANCHES}
    for key in _BRANCHES:
        listed = schema.get(key)
        yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))


def _steps(
    schema: Any,  # noqa: ANN401 - a schema is whatever JSON it is
    name: str,
    components: Components,
    back: Mapping[str, frozenset[str]],
    seen: set[int],
) -> Iterator[str]:
    """Yield the members of a value by which a schema leads back to the component of that name."""
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    for member, inner in _members(schema):
        found = set(_refs(inner))
        if name in found or any(name in back.get(one, ()) for one in found):
            yield member
    same = [one for key in _BRANCHES for one in schema.get(key, ()) if isinstance(schema.get(key), list)]
    if isinstance(schema.get("$ref"), str):
        same.append(components.get(_named(schema["$ref"]), {}))
    for one in (*same, *(schema.get(key) for key in ("if", "then", "else", "not"))):
        yield from _steps(one, name, components, back, seen)


def _members(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties.items()
    for key in ("additionalProperties", "unevaluatedProperties", "patternProperties", "dependentSchemas"):
        if key in schema:
            yield _ANY, schema[key]
    for key in ("items", "prefixItems", "contains", "unevaluatedItems"):
        if key in schema:
            yield _ITEMS, schema[key]
