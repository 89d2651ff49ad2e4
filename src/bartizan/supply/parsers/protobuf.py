"""Protocol Buffers on the wire, by a schema: every field is one that the schema knows, in the form that it says.

Rules of this file: a field that the schema doesn't know, one that may stand once and stands twice, and a number longer than need be are refused: they
have two readings. Nothing is copied: octets are told as a part of the file. Source: protobuf.dev, "Encoding".
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets, TooShort

VARINT: Final = "varint"
FIXED32: Final = "fixed32"
FIXED64: Final = "fixed64"
OCTETS: Final = "octets"
TEXT: Final = "text"
DEEPEST: Final = 60
"""Messages within one another."""
_WIRE: Final = {VARINT: 0, FIXED64: 1, OCTETS: 2, TEXT: 2, FIXED32: 5}
_WIDTH: Final = {FIXED32: 4, FIXED64: 8}
_LENGTH: Final = 2
_LONGEST: Final = 10
"""Octets of a number at most."""
_RUN: Final = re.compile(rb"[\x80-\xff]{10}")
_COST: Final = 16
"""Steps that a message is worth: what it takes in memory."""


class Field(msgspec.Struct, frozen=True):
    """A field of a schema.

    Attributes:
        name: of the field.
        kind: one of the constants above, or the name of a message.
        many: whether it may stand more than once; numbers of one may be packed.
    """

    name: str
    kind: str
    many: bool = False


Schema = Mapping[str, Mapping[int, Field]]
"""Name of a message -> number -> field."""


class Message:
    """A message as it was read.

    Attributes:
        at: octet of the file that it begins at.
    """

    __slots__ = ("_fields", "at")

    def __init__(self, at: int) -> None:
        """Begin without fields."""
        self._fields: dict[str, list[int | Octets | Message]] = {}
        self.at = at

    def add(self, field: Field, value: "int | Octets | Message") -> None:
        """Add a value.

        Raises:
            Damaged: the field may stand once, and has one already.
        """
        found = self._fields.setdefault(field.name, [])
        if found and not field.many:
            raise Damaged(
                "field-twice", f"its field {field.name} stands twice, so it has two readings", self.at
            )
        found.append(value)

    def has(self, name: str) -> bool:
        """Return whether a field is there."""
        return name in self._fields

    def messages(self, name: str) -> "list[Message]":
        """Return the messages of a field."""
        return [each for each in self._fields.get(name, ()) if isinstance(each, Message)]

    def message(self, name: str) -> "Message | None":
        """Return the message of a field that stands at most once."""
        return next(iter(self.messages(name)), None)

    def inner(self) -> "list[Message]":
        """Return the messages of all fields."""
        return [each for name in self._fields for each in self.messages(name)]

    def octets(self, name: str) -> list[Octets]:
        """Return the octets of a field, or packed numbers."""
        return [each for each in self._fields.get(name, ()) if isinstance(each, Octets)]

    def texts(self, name: str) -> list[str]:
        """Return the texts of a field."""
        return [bytes(each.view).decode("utf-8", "replace") for each in self.octets(name)]

    def text(self, name: str) -> str:
        """Return the text of a field; empty where it has none."""
        return next(iter(self.texts(name)), "")

    def number(self, name: str) -> int:
        """Return the number of a field; 0 where it has none."""
        return next(iter(self.numbers(name)), 0)

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of a field of varints, packed or not."""
        found: list[int] = []
        for each in self._fields.get(name, ()):
            if isinstance(each, Octets):
                at = 0
                while at < len(each):
                    number, at = varint(each, at)
                    found.append(number)
            elif isinstance(each, int):
                found.append(each)
        return found


def parsed(octets: Octets, schema: Schema, name: str, budget: Budget) -> Message:
    """Return the message that octets are, from first to last.

    Raises:
        Damaged: they are none of this schema.
        TooShort: they end before it does.
        Exhausted: the budget is.
    """
    return _Wire(octets, schema, budget).message(name, 0, len(octets), 0)


def varint(octets: Octets, at: int) -> tuple[int, int]:
    """Return a number and the place after it.

    Raises:
        Damaged: it is longer than it need be.
        TooShort: it has no end.
    """
    found, view = 0, octets.view
    for count in range(_LONGEST):
        if at + count >= len(view):
            raise TooShort("number")
        each = view[at + count]
        found |= (each & 0x7F) << 7 * count
        if each < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            if (not each and count) or found >= 1 << 64:
                break
            return found, at + count + 1
    raise Damaged("number-malformed", "a number is longer than it need be", at)


class _Wire:
    """One pass over octets."""

    def __init__(self, octets: Octets, schema: Schema, budget: Budget) -> None:
        self.octets, self.schema, self.budget = octets, schema, budget

    def message(self, name: str, at: int, end: int, depth: int) -> Message:
        if depth > DEEPEST:
            raise Damaged("too-deep", "its messages are nested too deep", at)
        self.budget.spend(_COST)
        found, fields = Message(at), self.schema[name]
        while at < end:
            self.budget.spend(2)
            tag, at = varint(self.octets, at)
            field = fields.get(tag >> 3)
            if field is None:
                raise Damaged("field-unknown", f"its {name} has a field {tag >> 3}, which is not known", at)
            value, at = self._value(field, tag & 7, at, depth)
            if at > end:
                raise Damaged(
                    "field-astray", f"its field {field.name} goes on after the end of its message", at
                )
            found.add(field, value)
        return found

    def _value(self, field: Field, wire: int, at: int, depth: int) -> tuple[int | Octets | Message, int]:
        if wire == 0 and field.kind == VARINT:
            return varint(self.octets, at)
        if field.kind in _WIDTH and wire == _WIRE[field.kind]:
            width = _WIDTH[field.kind]
            return self.octets.part(at, width), at + width
        if wire != _LENGTH or (field.kind in {VARINT, FIXED32, FIXED64} and not field.many):
            raise Damaged(
                "field-malformed", f"its field {field.name} is not of the kind that it should be", at
            )
        length, at = varint(self.octets, at)
        part = self.octets.part(at, length)
        if field.kind in self.schema:
            return self.message(field.kind, at, at + length, depth + 1), at + length
        self._whole(field, part, at)
        return part, at + length

    def _whole(self, field: Field, part: Octets, at: int) -> None:
        """Hold texts and packed numbers against what they have to be."""
        if field.kind == TEXT:
            try:
                str(part.view, "utf-8")
            except UnicodeDecodeError:
                raise Damaged("not-text", f"its field {field.name} is not UTF-8", at) from None
        elif field.kind in _WIDTH and len(part) % _WIDTH[field.kind]:
            raise Damaged("number-malformed", f"numbers of its field {field.name} are not whole", at)
        elif field.kind == VARINT and len(part):
            self.budget.spend(len(part) // 16)
            if part.view[-1] >= 0x80 or _RUN.search(part.view):  # noqa: PLR2004 - the bit that says that more follows
                raise Damaged("number-malformed", f"numbers of its field {field.name} are not whole", at)


def schema(text: str) -> Schema:
    """Return the schema that a text writes down: `Message: 1 name kind, 2 names kind*`, a message a line.

    Used at import, for texts of ours alone.
    """
    found: dict[str, dict[int, Field]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, fields = line.partition(":")
        found[name] = {}
        for each in filter(None, fields.split(",")):
            number, called, kind = each.split()
            found[name][int(number)] = Field(called, kind.rstrip("*"), kind.endswith("*"))
    return found
