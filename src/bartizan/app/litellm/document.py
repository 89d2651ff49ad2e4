"""A YAML document as values that know their line: plain data, bounded, and read in one way only.

Rules of this file: no tag makes an object. A key that stands twice, an alias that contains itself and more values than a
configuration has are refused; aliases are counted as often as they are used, so that a small file does not stand for a
huge one. Of PyYAML only nodes are used.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

LARGEST: Final = 1 << 18
"""Largest document, in characters: pure Python reads a megabyte for half a minute."""
MOST: Final = 20_000
"""Values of a document, those of an alias counted each time."""
DEEPEST: Final = 32
_MANY: Final = f"it has more than {MOST} values, those of aliases counted each time"
_DEEP: Final = f"it is nested more than {DEEPEST} levels deep, or contains itself"
_TAG: Final = "tag:yaml.org,2002:"
_WHOLE: Final = re.compile(
    r"0|[1-9][0-9]{0,14}"
)  # 010 is eight for YAML 1.1 and ten for others: it stays text
_TRUE: Final = frozenset({"true", "yes", "on"})


class YamlRefused(Exception):
    """A document that is not taken; `line` counts from 1 and is 0 where none is known."""

    def __init__(self, line: int, what: str) -> None:
        """Name the line and the fault."""
        super().__init__(what)
        self.line, self.what = line, what


class Value(msgspec.Struct, frozen=True):
    """A value and where it stands.

    Attributes:
        line: from 1.
        data: text, a whole number, truth, nothing, a list, or a table in the order of the document; numbers of another
            form and dates stay text.
        number: whether that text is a number of another form.
    """

    line: int
    data: "str | int | bool | list[Value] | dict[str, Value] | None"
    number: bool = False

    @property
    def table(self) -> "dict[str, Value]":
        """The table that it is; an empty one where it is none."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def items(self) -> "list[Value]":
        """The list that it is; an empty one where it is none."""
        return self.data if isinstance(self.data, list) else []

    @property
    def text(self) -> str:
        """The text that it is; empty where it is none."""
        return self.data if isinstance(self.data, str) else ""

    def at(self, *names: str) -> "Value":
        """Return the value at a path of names; nothing, on the last line known, where there is none."""
        found = self
        for name in names:
            found = found.table.get(name, Value(found.line, None))
        return found


def read_yaml(text: str) -> Value:
    """Return the document of a text.

    Raises:
        YamlRefused: not YAML, more than one document, too large or too deep, or with two readings.
    """
    import yaml  # noqa: PLC0415 - only this command reads YAML

    if len(text) > LARGEST:
        raise YamlRefused(0, f"it is larger than {LARGEST} characters")
    try:
        node = _bounded(yaml.SafeLoader(text)).get_single_node()
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        raise YamlRefused(mark.line + 1 if mark else 0, f"it is not YAML: {_problem(fault)}") from None
    except (RecursionError, ValueError, OverflowError):
        raise YamlRefused(0, "it is not YAML that can be read: a value is out of range") from None
    if node is None:
        raise YamlRefused(0, "it is empty")
    return _Reading().value(node, ())


def _bounded(loader: Any) -> Any:  # noqa: ANN401 - PyYAML is untyped
    """Return a loader that stops at the bounds while it reads: reading what lies beyond would take minutes."""
    compose, left, depth = loader.compose_node, MOST, 0

    def bounded(parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML is untyped
        nonlocal left, depth
        left, depth = left - 1, depth + 1
        if left < 0 or depth > DEEPEST:
            raise YamlRefused(int(loader.peek_event().start_mark.line) + 1, _MANY if left < 0 else _DEEP)
        node = compose(parent, index)
        depth -= 1
        return node

    loader.compose_node = bounded
    return loader


def _problem(fault: Any) -> str:  # noqa: ANN401 - PyYAML is untyped
    said = getattr(fault, "problem", None) or getattr(fault, "reason", None)
    return said if isinstance(said, str) and "'" not in said and '"' not in said else "a syntax error"


class _Reading:
    """One pass over a document's nodes, with what is left of its budget."""

    def __init__(self) -> None:
        self._left = MOST

    def value(self, node: Any, above: tuple[int, ...]) -> Value:  # noqa: ANN401 - PyYAML is untyped
        """Return the value of a node; `above` are the identities of those that it lies in."""
        line = int(node.start_mark.line) + 1
        self._left -= 1
        if self._left < 0:
            raise YamlRefused(line, _MANY)
        if id(node) in above or len(above) >= DEEPEST:
            raise YamlRefused(line, _DEEP)
        inside = (*above, id(node))
        match node.tag.removeprefix(_TAG):
            case "map":
                return Value(line, self._table(node, inside))
            case "seq":
                return Value(line, [self.value(item, inside) for item in node.value])
            case "str" | "float" | "timestamp" | "int" | "bool" | "null" as kind:
                data = _scalar(kind, str(node.value))
                return Value(line, data, number=kind in ("float", "int") and isinstance(data, str))
            case _:
                raise YamlRefused(line, "it has a tag (!...) that stands for more than plain data")

    def _table(self, node: Any, inside: tuple[int, ...]) -> dict[str, Value]:  # noqa: ANN401 - PyYAML is untyped
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                for part in self._merged(value, inside):
                    merged = {**part, **merged}  # of several, the first wins (YAML merge keys)
                continue
            name, line = str(key.value), int(key.start_mark.line) + 1
            if not isinstance(key.value, str):
                raise YamlRefused(line, "a key is not plain text")
            if name in own:
                raise YamlRefused(line, "a key stands twice in one table, so it has two readings")
            own[name] = self.value(value, inside)
        return {**merged, **own}

    def _merged(self, node: Any, inside: tuple[int, ...]) -> Iterator[dict[str, Value]]:  # noqa: ANN401 - PyYAML is untyped
        found = self.value(node, inside)
        for part in found.items or [found]:
            if not isinstance(part.data, dict):
                raise YamlRefused(part.line, "a merge (<<) of something that is no table")
            yield part.data


def _scalar(kind: str, text: str) -> str | int | bool | None:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in _TRUE
    return int(text) if kind == "int" and _WHOLE.fullmatch(text) else text
