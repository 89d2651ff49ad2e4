"""Schemas of a description as one dialect of JSON Schema, narrow enough to be judged in time, and compiled.

Rules of this file: an object whose members are named takes no others unless its schema says `additionalProperties`, and
members that are `readOnly` are not taken from a client at all. A keyword that is not known is not passed over: a
mistyped one would judge nothing. Regular expressions are those that take linear time; nothing is fetched.
Source: OpenAPI 3.0.4 4.7.24, 3.1.1 4.8.24; JSON Schema 2020-12.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bartizan.gateway.openapi.document import LeftOut, Place, invalid, resolved
from bartizan.gateway.openapi.work import Work

Schema = dict[str, Any] | bool
Judge = Callable[[Any], "tuple[list[str | int], str] | None"]
"""A value -> path and keyword of the first fault; None where there is none."""

_PREFIX: Final = "#/components/schemas/"
_COMPONENT: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_REGEX_OCTETS: Final = 1 << 20
"""Memory of one compiled expression, so that it takes linear time and little of it."""
_EACH: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE: Final = (
    *(
        "items",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contains",
        "propertyNames",
    ),
    *("not", "if", "then", "else"),
)
_INSIDE: Final = frozenset(
    {
        *("properties", "patternProperties", "additionalProperties", "unevaluatedProperties"),
        *("prefixItems", "items", "unevaluatedItems"),
    }
)
"""Where a value begins that is closed by itself; elsewhere a schema is about the value around it."""
_KEPT: Final = frozenset(
    {
        *("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum"),
        *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems"),
        *("minContains", "maxContains", "required", "minProperties", "maxProperties", "dependentRequired"),
    }
)
_SAID: Final = frozenset(
    {
        *(
            "title",
            "description",
            "default",
            "example",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "xml",
        ),
        *(
            "externalDocs",
            "discriminator",
            "nullable",
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
        ),
        "$comment",
    }
)
"""Keywords that judge nothing, or that are judged here."""
_BOUNDS: Final[Mapping[str, dict[str, Any]]] = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "byte": {"pattern": r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
}
"""Formats of OpenAPI's own -> what they mean."""


class Schemas:
    """The schemas of one description."""

    def __init__(self, root: Place, *, old: bool) -> None:
        """Take a description; `old` is 3.0."""
        self._root, self._old = root, old
        self._components: dict[str, Schema] = {}
        self._refs: dict[str, set[str]] = {}
        self._work = Work()

    def judge(self, place: Place) -> Judge:
        """Return the compiled schema at a place.

        Raises:
            LeftOut: it says something that cannot be judged, or not in time.
            DocumentInvalid: it is no schema.
        """
        refs: set[str] = set()
        schema = self._written(place, refs, closed=True)
        reached = self._reached(refs)
        components = {name: self._components[name] for name in sorted(reached)}
        self._work.require_bounded(place.pointer, schema, components)
        inner = schema if isinstance(schema, dict) else {"allOf": [schema]}
        return compiled({**inner, "components": {"schemas": components}}, place)

    def kind(self, place: Place, depth: int = 8) -> tuple[str, Place]:
        """Return the one simple type of a schema, and where it says so; `string` where all it says is words."""
        place = resolved(self._root, place)
        value = place.value if isinstance(place.value, dict) else {}
        said = value.get("type", [])
        types = [one for one in (said if isinstance(said, list) else [said]) if one != "null"]
        if len(types) == 1:
            return str(types[0]), place
        words = value.get("enum", [value["const"]] if "const" in value else [])
        if not types and words and isinstance(words, list) and all(isinstance(word, str) for word in words):
            return "string", place
        inner = value.get("allOf")
        if not types and depth and isinstance(inner, list) and len(inner) == 1:
            return self.kind(place.at("allOf").at(0), depth - 1)
        raise LeftOut(place.pointer, "names no single simple type for a parameter; say one `type`")

    def _reached(self, refs: set[str]) -> set[str]:
        reached: set[str] = set()
        waiting = sorted(refs)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting.extend(sorted(self._component(name) - reached))
        return reached

    def _component(self, name: str) -> set[str]:
        """Write a component once; return what it refers to."""
        if name not in self._refs:
            place = self._root.at("components").at("schemas").at(name)
            refs: set[str] = set()
            self._components[name] = self._written(place, refs, closed=False)
            self._refs[name] = refs
        return self._refs[name]

    def _written(self, place: Place, refs: set[str], *, closed: bool) -> Schema:
        if isinstance(place.value, bool):
            return place.value
        if not isinstance(place.value, dict):
            raise invalid(place, "must be a schema: an object")
        written: dict[str, Any] = {}
        if "$ref" in place.value:
            written["$ref"] = self._reference(place, refs)
        if "$ref" not in place.value or not self._old:  # what stands beside a reference is ignored in 3.0
            for name, inner in place.table():
                self._keyword(name, inner, refs, written)
            self._mean(place, written)
        if closed and "unevaluatedProperties" not in written and self._names(place):
            written["unevaluatedProperties"] = False
        return written

    def _reference(self, place: Place, refs: set[str]) -> str:
        target = place.at("$ref")
        resolved(self._root, place)
        name, *_ = target.text().removeprefix(_PREFIX).split("/")
        plain = "%" not in target.text()  # some undo escapes in a reference, some do not
        if not target.text().startswith(_PREFIX) or not _COMPONENT.fullmatch(name) or not plain:
            raise LeftOut(target.pointer, f"refers to a schema elsewhere than below {_PREFIX}; put it there")
        refs.add(name)
        return target.text()

    def _keyword(self, name: str, place: Place, refs: set[str], written: dict[str, Any]) -> None:
        closed = name in _INSIDE
        if name in _EACH:
            written[name] = {
                key: False
                if name == "properties" and self._only_read(inner)
                else self._written(inner, refs, closed=closed)
                for key, inner in place.table()
            }
        elif name in _LISTS:
            written[name] = [self._written(inner, refs, closed=closed) for inner in place.list()]
        elif name in _SINGLE:
            written[name] = self._written(place, refs, closed=closed)
        elif name in _KEPT:
            written[name] = place.value
        elif name not in _SAID and name != "$ref" and not name.startswith("x-"):
            raise LeftOut(place.pointer, "is a keyword that is not judged here; leave it out")

    def _only_read(self, place: Place, depth: int = 8) -> bool:
        found = resolved(self._root, place)
        said = place.value if isinstance(place.value, dict) and not self._old else {}
        if said.get("readOnly") is True or (
            isinstance(found.value, dict) and found.value.get("readOnly") is True
        ):
            return True
        return depth > 0 and any(self._only_read(one, depth - 1) for one in found.at("allOf").list())

    def _mean(self, place: Place, written: dict[str, Any]) -> None:
        """Write what OpenAPI means by words that JSON Schema has not, or means otherwise."""
        value = place.value
        if self._old:
            _of_draft_4(value, written)
        bounds = _BOUNDS.get(value.get("format", "")) if isinstance(value.get("format"), str) else None
        if bounds is not None:
            written.pop("format", None)
            written["allOf"] = [*written.get("allOf", ()), bounds]
        if value.get("discriminator") is not None:
            _tell_apart(place, written)
        needed = written.get("required")
        if isinstance(needed, list):
            members = written.get("properties", {})
            written["required"] = [
                name for name in needed if not isinstance(name, str) or members.get(name) is not False
            ]

    def _names(self, place: Place) -> bool:
        """Return whether a schema names members of the value that it is about."""
        seen: set[str] = set()
        waiting = [place]
        while waiting:
            one = waiting.pop()
            if one.pointer in seen or not isinstance(one.value, dict):
                continue
            if one.value.get("properties"):
                return True
            seen.add(one.pointer)
            waiting.extend(self._same(one))
        return False

    def _same(self, place: Place) -> Iterator[Place]:
        """Yield the schemas that are about the same value."""
        if "$ref" in place.value:
            yield resolved(self._root, place)
        for name in ("allOf", "anyOf", "oneOf"):
            yield from place.at(name).list()
        for name in ("if", "then", "else"):
            yield place.at(name)


def _tell_apart(place: Place, written: dict[str, Any]) -> None:
    """Have each branch take only the words by which a discriminator means it."""
    said = place.at("discriminator")
    member = said.at("propertyName").text()
    if not member:
        raise invalid(said, "must have a `propertyName`")
    words: dict[str, list[str]] = {}
    for word, target in said.at("mapping").table():
        words.setdefault(target.text().removeprefix(_PREFIX), []).append(word)
    for key in ("anyOf", "oneOf"):
        written[key] = [_meant(one, member, words, said) for one in written.get(key, ())]
        if not written[key]:
            del written[key]


def _meant(branch: Schema, member: str, words: Mapping[str, list[str]], said: Place) -> Schema:
    if branch == {"type": "null"}:
        return branch
    name = str(branch.get("$ref", "")).removeprefix(_PREFIX) if isinstance(branch, dict) else ""
    if not isinstance(branch, dict) or not _COMPONENT.fullmatch(name) or "properties" in branch:
        raise LeftOut(said.pointer, "stands beside a branch that is no reference alone; make it a component")
    return {
        **branch,
        "required": [*branch.get("required", ()), member],
        "properties": {member: {"enum": words.get(name, [name])}},
    }


def _of_draft_4(value: Mapping[str, Any], written: dict[str, Any]) -> None:
    for bound, beyond in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(written.get(beyond), bool) and written.pop(beyond) and bound in written:
            written[beyond] = written.pop(bound)
    if value.get("nullable") is True and isinstance(value.get("type"), str):
        written["type"] = [value["type"], "null"]


def compiled(schema: dict[str, Any], place: Place) -> Judge:
    """Return a schema, compiled.

    Args:
        schema: of JSON Schema 2020-12.
        place: where the description has it.
    Raises:
        LeftOut: an expression of it needs more than linear time.
        DocumentInvalid: it is no schema.
    """
    import jsonschema_rs  # noqa: PLC0415 - an extra of its own: 15 MB that only such services need

    try:
        validator = jsonschema_rs.Draft202012Validator(
            schema,
            validate_formats=True,
            mask="…",
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(
                size_limit=_REGEX_OCTETS, dfa_size_limit=_REGEX_OCTETS
            ),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as wrong:
        path = [str(step) for step in getattr(wrong, "instance_path", ())]
        where = "/".join(["", *path])
        if "pattern" in path or "patternProperties" in path:
            raise LeftOut(
                place.pointer,
                f"has an expression at {where} that is malformed or takes more than linear time (look-around, "
                "back-references); write it otherwise",
            ) from None
        raise invalid(place, f"is no schema: see {where or 'its references'} of it") from None

    def judge(value: Any) -> tuple[list[str | int], str] | None:  # noqa: ANN401 - whatever JSON is
        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as wrong:
            return _place_of(wrong), wrong.kind.name
        return None

    return judge


def _place_of(wrong: Any) -> list[str | int]:  # noqa: ANN401 - the library's error, which it loads late
    """Return the path of the field at fault; of one that is missing or unknown, its own."""
    path = list(wrong.instance_path)
    if wrong.kind.name == "required":
        return [*path, wrong.kind.property]
    if wrong.kind.name in ("additionalProperties", "unevaluatedProperties"):
        return [*path, *wrong.kind.unexpected[:1]]
    return path
