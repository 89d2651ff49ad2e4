"""Requests drawn from the shapes of a protocol: whatever a shape takes, hypothesis sends."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as shapes

from bartizan.gateway.protocols.shape import Choice

TEXT = st.text(st.sampled_from('ab:"\\{}é\u2028'), min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


@cache
def drawn(shape: type) -> st.SearchStrategy[Any]:
    """Return the strategy of a shape's values, as JSON has them."""
    return values(shapes.type_info(shape))


def values(said: shapes.Type) -> st.SearchStrategy[Any]:
    kind = said.type if isinstance(said, shapes.Metadata) else said
    match kind:
        case shapes.StrType(pattern=str(pattern)):
            return st.from_regex(pattern)
        case shapes.StrType(min_length=least):
            return TEXT if least else TEXT | st.just("")
        case shapes.IntType(ge=least, le=most):
            return st.integers(max(least or 0, -3), 3 if most is None else min(most, 3))
        case shapes.FloatType(ge=least):
            return st.sampled_from([0.5, 1.0]) if not least or least <= 0 else st.just(1.0)
        case shapes.LiteralType(words):
            return st.sampled_from(words)
        case _:
            return PLAIN[type(kind)] if type(kind) in PLAIN else composed(kind)


PLAIN: dict[type[shapes.Type], st.SearchStrategy[Any]] = {
    shapes.BoolType: st.booleans(),
    shapes.NoneType: st.none(),
    shapes.AnyType: JSON,
}


def composed(kind: shapes.Type) -> st.SearchStrategy[Any]:
    match kind:
        case shapes.ListType(item, min_length=least) | shapes.VarTupleType(item, min_length=least):
            return st.lists(values(item), min_size=least or 0, max_size=2)
        case shapes.DictType(key, value):
            return st.dictionaries(
                TEXT if isinstance(key, shapes.AnyType) else values(key), values(value), max_size=2
            )
        case shapes.UnionType(kinds):
            return st.one_of([values(each) for each in kinds])
        case shapes.EnumType(cls):
            return st.sampled_from([each.value for each in cls])
        case shapes.StructType():
            return of_struct(kind)
        case shapes.CustomType(cls) if issubclass(cls, Choice):
            return st.one_of([drawn(each) for each in sorted(cls.shapes, key=lambda one: one.__name__)])
        case _:
            raise AssertionError(kind)


def of_struct(kind: shapes.StructType) -> st.SearchStrategy[dict[str, Any]]:
    told = {} if kind.tag is None else {str(kind.tag_field): st.just(kind.tag)}
    must = {field.encode_name: values(field.type) for field in kind.fields if field.required}
    may = {field.encode_name: values(field.type) for field in kind.fields if not field.required}
    some = st.sets(st.sampled_from(sorted(may)), max_size=4) if may else st.just(set[str]())
    return some.flatmap(
        lambda names: st.fixed_dictionaries({**told, **must, **{name: may[name] for name in names}})
    )


def objects(kind: shapes.Type, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """Yield the path of every object of a drawn value that a shape has closed."""
    if isinstance(kind, shapes.StructType):
        yield path
    for below, step in parts(kind, value):
        yield from objects(
            below, value if step is None else value[step], path if step is None else (*path, step)
        )


def parts(kind: shapes.Type, value: Any) -> Iterator[tuple[shapes.Type, Any]]:  # noqa: ANN401 - JSON
    """Yield what a drawn value is made of, and the step that leads there; None where that is the value itself."""
    match kind:
        case shapes.StructType(fields=fields):
            yield from ((field.type, field.encode_name) for field in fields if field.encode_name in value)
        case shapes.ListType(item) | shapes.VarTupleType(item):
            yield from ((item, at) for at in range(len(value)))
        case shapes.DictType(_, item):
            yield from ((item, name) for name in value)
        case shapes.UnionType(kinds):
            yield from ((each, None) for each in kinds if fits(each, value))
        case shapes.CustomType(cls) if issubclass(cls, Choice):
            shape = cls.tagged.get(str(value.get("type"))) or cls.chosen(value)
            assert shape is not None
            yield shapes.type_info(shape), None
        case _:
            pass


def fits(kind: shapes.Type, value: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether a value is of this member of a union."""
    match kind:
        case shapes.StructType(tag=tag, tag_field=field) if isinstance(value, dict):
            return tag is None or value.get(str(field)) == tag
        case shapes.ListType():
            return isinstance(value, list)
        case shapes.DictType() | shapes.CustomType():
            return isinstance(value, dict)
        case _:
            return False


def changed(value: Any, path: tuple[Any, ...], surplus: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a copy of a value with more members in the object at a path."""
    if not path:
        return {**value, **surplus}
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = changed(value[path[0]], path[1:], surplus)
    return copy


def doubled(value: Any, path: tuple[Any, ...]) -> bytes:  # noqa: ANN401 - JSON
    """Return a value as JSON in which the object at a path names its first member twice."""
    mark = "\x00twice"
    place = value
    for step in path:
        place = place[step]
    name = next(iter(place))
    written = json.dumps(changed(value, path, {mark: 0}))
    member = f"{json.dumps(name)}: {json.dumps(place[name])}"
    return written.replace(f"{json.dumps(mark)}: 0", member, 1).encode()


def encoded(value: object) -> bytes:
    return msgspec.json.encode(value)
