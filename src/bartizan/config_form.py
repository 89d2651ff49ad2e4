"""What is wrong with a parsed document, measured against the types of its sections.

Rules of this file: a fault names the key and what is allowed there, and never repeats a value, which may be
a secret that was put into the wrong place. All faults are found in one pass, in the document's order.
"""

import difflib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect

from bartizan.config_lines import Path

SHOWN: Final = 64
"""Longest part of a key, in characters, that a message repeats."""
MARK: Final = 2**63
"""Whole numbers lie within a signed 64-bit integer."""


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong: where (a path into the document, empty for all of it) and what to do about it."""

    path: Path
    what: str


def faults(document: Mapping[str, Any], sections: type[msgspec.Struct]) -> tuple[Fault, ...]:
    """Return everything in which a document differs from its declared sections, in the document's order."""
    return tuple(_judge((), document, inspect.type_info(sections)))


def shown(path: Path) -> str:
    """Return a path as people write it, `service[0].limits`; odd names are quoted and cut."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + _name(part)
    return text


def _name(part: str) -> str:
    plain = part.isascii() and part.replace("_", "").replace("-", "").isalnum()
    cut = part if len(part) <= SHOWN else part[:SHOWN] + "..."
    return cut if plain else json.dumps(cut)


def _judge(path: Path, value: object, form: inspect.Type, said: str = "") -> Iterator[Fault]:
    match form:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            yield from _judge(path, value, inner, str((schema or {}).get("description", said)))
        case inspect.StructType(fields=fields):
            yield from _table(path, value, fields)
        case inspect.VarTupleType(item_type=item):
            yield from _array(path, value, item)
        case inspect.DictType():
            yield from _mapping(path, value, form)
        case inspect.UnionType(types=types):
            yield from _judge(
                path, value, next(t for t in types if not isinstance(t, inspect.NoneType)), said
            )
        case _:
            allowed = said or _allowed(form)
            if not _fits(value, form):
                yield Fault(path, f"must be {allowed}{_meant(value, form)}")


def _table(path: Path, value: object, fields: Sequence[inspect.Field]) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, f"must be a table{_header(path)}")
        return
    known = {field.encode_name: field for field in fields}
    for key, inner in value.items():
        if key in known:
            yield from _judge((*path, key), inner, known[key].type)
        else:
            yield Fault((*path, key), f"unknown key{_suggestion(key, known)}")
    for name, field in known.items():
        if field.required and name not in value:
            yield Fault(path, f"lacks the key `{name}`")


def _mapping(path: Path, value: object, form: inspect.DictType) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, f"must be a table{_header(path)}")
        return
    if form.max_length is not None and len(value) > form.max_length:
        yield Fault(path, f"must have {form.max_length} entries at most")
    for key, inner in value.items():
        yield from _judge((*path, key), key, form.key_type)
        yield from _judge((*path, key), inner, form.value_type)


def _header(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return ""
    return f": [[{names[0]}]]" if isinstance(path[-1], int) else f": [{'.'.join(map(_name, names))}]"


def _array(path: Path, value: object, item: inspect.Type) -> Iterator[Fault]:
    if not isinstance(value, list):
        tables = isinstance(item, inspect.StructType)
        wanted = f"an array of tables: [[{shown(path)}]]" if tables else "an array: [ ... ]"
        yield Fault(path, f"must be {wanted}")
        return
    for position, inner in enumerate(value):
        yield from _judge((*path, position), inner, item)


def _fits(value: object, form: inspect.Type) -> bool:
    match form:
        case inspect.EnumType() | inspect.LiteralType():
            return isinstance(value, str) and value in _words(form)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType(ge=least, le=most):
            low, high = -MARK if least is None else least, MARK - 1 if most is None else most
            return type(value) is int and low <= value <= high
        case inspect.FloatType(ge=least, le=most):
            return _number(value, least, most)
        case inspect.StrType():
            return isinstance(value, str) and _formed(value, form)
        case _:
            return False


def _number(value: object, least: float | None, most: float | None) -> bool:
    """Return whether a value is a number in these bounds; nan is in none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (-math.inf if least is None else least) <= value <= (math.inf if most is None else most)


def _formed(value: str, form: inspect.StrType) -> bool:
    least, most = form.min_length or 0, form.max_length
    short_enough = most is None or len(value) <= most
    return least <= len(value) and short_enough and (not form.pattern or bool(re.search(form.pattern, value)))


def _allowed(form: inspect.Type) -> str:
    match form:
        case inspect.EnumType() | inspect.LiteralType():
            return " or ".join(f'"{word}"' for word in _words(form))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=int(least), le=int(most)):
            return f"a whole number from {least} to {most}"
        case inspect.FloatType(ge=least, le=most):
            return f"a number from {least:g} to {most:g}"
        case inspect.IntType():
            return "a whole number"
        case _:
            return "a string"


def _meant(value: object, form: inspect.Type) -> str:
    """Return a suggestion taken from the allowed words, so that nothing of the value is repeated."""
    if isinstance(form, inspect.EnumType | inspect.LiteralType) and isinstance(value, str):
        return _suggestion(value, _words(form))
    return ""


def _words(form: inspect.EnumType | inspect.LiteralType) -> list[str]:
    if isinstance(form, inspect.EnumType):
        return [str(word.value) for word in form.cls]
    return [str(word) for word in form.values]


def _suggestion(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    near = difflib.get_close_matches(word[:SHOWN], list(known), n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    if isinstance(known, Mapping):
        return f"; known here: {', '.join(sorted(known))}"
    return ""
