"""What the shapes of every protocol are made of.

Rules of this file: an absent field stays absent (UNSET) and a null stays null, so that the re-encoding says
exactly what was sent. A tagged shape stands among others, for msgspec takes one that stands alone without its
tag, and would then write the tag. Where an API tells shapes apart by more than one tag, or may leave the tag
out, a `Choice` does.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct, UnsetType
from typing_extensions import override

T = TypeVar("T")
Maybe: TypeAlias = T | UnsetType | None
Text = Annotated[str, Meta(min_length=1, max_length=256)]
Long = Annotated[str, Meta(max_length=8192)]
"""A name or an address that may be longer than most."""
Many = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Share = Annotated[float, Meta(ge=0, le=1)]
Heat = Annotated[float, Meta(ge=0, le=2)]
Choices = Annotated[int, Meta(ge=1, le=128)]
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Free = dict[str, Any]
"""A JSON object of the caller's own making: a JSON schema, for one."""
Metadata = Annotated[dict[str, str], Meta(max_length=64)]


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A shape that takes no other field than its own."""


class TypedPart(Strict, tag_field="type", frozen=True):
    """A shape that is told from its siblings by its `type`."""


def by_type(*shapes: type[Strict]) -> dict[str, type[Strict]]:
    """Return each word that `type` may say -> its shape; a shape has it as its tag, or as a field of such words."""
    return {word: shape for shape in shapes for word in _words(shape)}


def _words(shape: type[Strict]) -> tuple[str, ...]:
    tag = shape.__struct_config__.tag
    return get_args(shape.__annotations__["type"]) if tag is None else (str(tag),)


class _Told(type):
    """Makes the shapes of a choice pass for it, as msgspec asks of what a hook returns."""

    @override
    def __instancecheck__(cls, value: object) -> bool:
        shapes: frozenset[type[Strict]] = getattr(cls, "shapes", frozenset())
        return type(value) in shapes


class Choice(metaclass=_Told):
    """Stands in a field's type for several shapes that msgspec could not tell apart.

    Attributes:
        tagged: `type` of a value -> its shape.
        untagged: shapes of a value whose `type` is none of these or is absent; `chosen` picks.
        shapes: all of them.
    """

    tagged: ClassVar[Mapping[str, type[Strict]]] = {}
    untagged: ClassVar[tuple[type[Strict], ...]] = ()
    shapes: ClassVar[frozenset[type[Strict]]] = frozenset()

    @override
    def __init_subclass__(cls) -> None:
        """Gather the shapes."""
        cls.shapes = frozenset((*cls.tagged.values(), *cls.untagged))

    @classmethod
    def chosen(cls, value: Mapping[str, object]) -> type[Strict] | None:
        """Return the shape of a value that has no tag of its own, or None where there is none such."""
        return cls.untagged[0] if cls.untagged and value.get("type") is None else None


def choose(kind: type, value: object) -> Strict:
    """Return a decoded value in its shape: what msgspec calls where a type is a `Choice`.

    Raises:
        TypeError: it is no object.
        ValueError: it has none of the shapes. Both say what is wrong in msgspec's words, and where.
    """
    if not issubclass(kind, Choice) or not isinstance(value, dict):
        raise TypeError("Expected `object`")
    tag = value.get("type")
    shape = kind.tagged.get(tag) if isinstance(tag, str) else None
    shape = shape or kind.chosen(value)
    if shape is None:
        raise ValueError("Invalid value - at `$.type`")
    try:
        return msgspec.convert(value, shape, dec_hook=choose)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None
