"""Whether an item's key in a template can only be a plain name or number, however it comes to be.

Rules of this file: `x[key]` reads an attribute where `x` has no such item, so that a key that the template composes itself (`'_' * 2 ~ 'class'`)
reaches whatever an attribute reaches. A key is let pass where it is a number, or where nothing that it may be made of composes
text: what comes in from outside the template is not of its author's making.
"""

from collections.abc import Iterable
from typing import Final

from bartizan.supply.parsers.jinja_syntax import Node, Template

_COUNTING: Final = frozenset({"length", "count", "int", "abs", "round"})
_COUNTED: Final = frozenset({"index", "count", "find", "rfind"})
_LOOP: Final = frozenset({"index", "index0", "revindex", "revindex0", "length", "depth", "depth0"})
_PASSING: Final = frozenset({
    "items", "dictsort", "list", "first", "last", "sort", "unique", "trim", "lower", "upper", "default", "d", "length", "count",
    "int", "select", "reject", "selectattr", "rejectattr",
})  # fmt: skip
"""Filters that compose no text."""
_PASSES: Final = frozenset({"items", "keys", "values", "get", "strip", "lstrip", "rstrip", "lower", "upper", "split",
                            "startswith", "endswith"} | _COUNTED)  # fmt: skip
"""Methods that compose no text."""
_ADDING: Final = frozenset({"append", "extend", "insert", "update", "setdefault"})
_ADDED: Final = "*"
"""Name for what is put into lists and tables, whichever they are."""
_STEPS: Final = 5_000
_ARITHMETIC: Final = frozenset({"+", "-", "*", "//", "%"})


class Keys:
    """What the names of a template may stand for."""

    def __init__(self, template: Template, nodes: Iterable[Node]) -> None:
        """Gather what is bound, by tags as well as by calls of macros and of methods that put something in."""
        self._bound: dict[str, list[Node]] = {}
        for name, value in template.bound:
            self._bind(name, value)
        for node in nodes:
            if node.kind == "call":
                self._called(node, template)
        for parameter in {each for names in template.macros.values() for each in names}:
            self._bound.setdefault(parameter, [Node("constant")])

    @property
    def names(self) -> frozenset[str]:
        """Return the names that the template binds itself."""
        return frozenset(self._bound)

    def _bind(self, name: str, value: Node) -> None:
        self._bound.setdefault(name, []).append(value)

    def _called(self, node: Node, template: Template) -> None:
        callee, *arguments = node.parts
        if callee.kind == "attribute" and callee.value in _ADDING:
            for each in arguments:
                self._bind(_ADDED, each.parts[0] if each.kind in {"named", "spread"} else each)
        if callee.kind != "name":
            return
        parameters = template.macros.get(callee.value, ())
        for place, each in enumerate(arguments):
            if each.kind == "named":
                self._bind(("" if parameters else ".") + each.value, each.parts[0])
            elif place < len(parameters):
                self._bind(parameters[place], each)

    def harmless(self, key: Node) -> bool:
        """Return whether a key is a number, or made of nothing that composes text."""
        return self.numeric(key) or self._composes_nothing(key)

    def numeric(self, node: Node) -> bool:
        """Return whether an expression can only be a number."""
        left = [node]
        seen: set[str] = set()
        for _ in range(_STEPS):
            if not left:
                return True
            more = self._numbers(left.pop(), seen)
            if more is None:
                return False
            left.extend(more)
        return False

    def _numbers(self, node: Node, seen: set[str]) -> list[Node] | None:
        """Return what else has to be a number so that this is one; None where it may be none."""
        if node.kind in {"number", "slice"}:
            return []
        if node.kind == "row" and set(node.value.split()) <= _ARITHMETIC:
            return list(node.parts)
        if node.kind == "choice":
            return list(node.parts[:-1])
        if node.kind == "each":
            return [] if self._ranges(node.parts[0]) else None
        if node.kind in {"name", "attribute"}:
            return self._named_numbers(node, seen)
        counts = node.kind == "filter" and node.value in _COUNTING
        counts = counts or (
            node.kind == "call" and node.parts[0].kind == "attribute" and node.parts[0].value in _COUNTED
        )
        return [] if counts else None

    def _ranges(self, through: Node) -> bool:
        callee = through.parts[0] if through.kind == "call" else through
        return (
            through.kind == "call"
            and callee.kind == "name"
            and callee.value == "range"
            and "range" not in self._bound
        )

    def _named_numbers(self, node: Node, seen: set[str]) -> list[Node] | None:
        name = node.value
        if node.kind == "attribute":
            of = node.parts[0]
            if of.kind == "name" and of.value == "loop" and name in _LOOP and "loop" not in self._bound:
                return []
            name = "." + name
        if name in seen:
            return []
        seen.add(name)
        return self._bound.get(name)

    def _composes_nothing(self, node: Node) -> bool:
        left = [node, *self._bound.get(_ADDED, ())]
        seen: set[str] = set()
        for _ in range(_STEPS):
            if not left:
                return True
            found = left.pop()
            if self.numeric(found):
                continue
            if not _plain(found):
                return False
            left.extend(found.parts[:-1] if found.kind == "choice" else found.parts)
            name = {"name": found.value, "attribute": "." + found.value}.get(found.kind)
            if name is not None and name not in seen:
                seen.add(name)
                left.extend(self._bound.get(name, ()))
        return False


def _plain(node: Node) -> bool:
    """Return whether an expression by itself composes no text."""
    if node.kind == "text":
        return "__" not in node.value
    if node.kind == "filter":
        return node.value in _PASSING
    if node.kind == "call":
        return node.parts[0].kind == "attribute" and node.parts[0].value in _PASSES
    return node.kind in {
        "name",
        "attribute",
        "item",
        "number",
        "constant",
        "many",
        "choice",
        "each",
        "named",
        "slice",
        "test",
    }
