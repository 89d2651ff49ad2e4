"""An adversary who names a member twice where the counting of members could be made to miss it."""

from collections.abc import Iterator

import msgspec
import pytest

from bartizan.gateway.body import JsonBody
from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocols.openai import ROWS
from bartizan.gateway.protocols.shape import Choice
from bartizan.gateway.routes import DIALECTS

MESSAGES = b'"messages":[{"role":"user","content":"x"}]'
DEEP = b"[" * 60 + b"]" * 60
HIDDEN = {
    "a part without its tag, which the encoding would write": (
        b'{"model":"a","model":"b",%b,"prediction":{"type":"content","content":[{"text":"x"}]}}' % MESSAGES
    ),
    "an escaped colon in the one that is dropped": b'{"model":"\\u003a","model":"b",%b}' % MESSAGES,
    "a colon in the one that is kept": b'{"model":"b","model":":",%b}' % MESSAGES,
    "depth in the one that is dropped": (
        b'{"model":"m",%b,"moderation":{"b":"\\u003a","a":%b,"a":1}}' % (MESSAGES, DEEP)
    ),
    "one name in two spellings": b'{"model":"a","mod\\u0065l":"b",%b}' % MESSAGES,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_member_named_twice_is_refused_wherever_it_hides(name: str) -> None:
    with pytest.raises(Refusal) as fault:
        ROWS[0].reader.read(HIDDEN[name])
    assert fault.value.reason in ("json-member-repeated", "field-missing", "field-invalid")


def alone(shape: msgspec.inspect.Type, path: str, seen: set[type]) -> Iterator[str]:
    """Yield where a tagged shape stands alone: it is decoded without its tag, and encoded with it."""
    for kind, name, several in parts(shape, path):
        if isinstance(kind, msgspec.inspect.StructType):
            yield from within(kind, name, seen, several=several)
        else:
            yield from alone(kind, name, seen)


def parts(shape: msgspec.inspect.Type, path: str) -> Iterator[tuple[msgspec.inspect.Type, str, bool]]:
    """Yield what a shape is made of, where that is, and whether it is told from others by a tag."""
    match shape:
        case msgspec.inspect.UnionType(types):
            several = sum(isinstance(each, msgspec.inspect.StructType) for each in types) > 1
            yield from ((each, path, several) for each in types)
        case msgspec.inspect.ListType(item):
            yield item, path, False
        case msgspec.inspect.DictType(_, value):
            yield value, path, False
        case msgspec.inspect.CustomType(cls) if issubclass(cls, Choice):
            # a choice tells by `type`: what it takes with a tag had that tag
            for each in cls.shapes:
                yield msgspec.inspect.type_info(each), f"{path}({each.__name__})", True
        case msgspec.inspect.StructType():
            yield shape, path, False
        case _:
            pass


def within(shape: msgspec.inspect.StructType, path: str, seen: set[type], *, several: bool) -> Iterator[str]:
    if shape.tag is not None and not several:
        yield path
    if shape.cls not in seen:
        seen.add(shape.cls)
        for field in shape.fields:
            # of a field that may be UNSET, this is how msgspec says that it has no other default
            assert field.default is msgspec.NODEFAULT, f"{path}.{field.name} has a default"
            assert field.default_factory is msgspec.NODEFAULT, f"{path}.{field.name} has a default"
            yield from alone(field.type, f"{path}.{field.name}", seen)


SHAPES: dict[str, type] = {
    row.reader.shape.__name__: row.reader.shape
    for dialect in DIALECTS.values()
    for row in dialect.rows
    if isinstance(row.reader, JsonBody)
}


@pytest.mark.parametrize("name", SHAPES)
def test_encoding_adds_no_member_that_was_not_sent(name: str) -> None:
    shape = SHAPES[name]
    assert list(alone(msgspec.inspect.type_info(shape), shape.__name__, set())) == []


class _Tagged(msgspec.Struct, tag="t"):
    pass


class _Careless(msgspec.Struct):
    parts: list[_Tagged]


def test_the_check_above_bites() -> None:
    assert list(alone(msgspec.inspect.type_info(_Careless), "it", set())) == ["it.parts"]
