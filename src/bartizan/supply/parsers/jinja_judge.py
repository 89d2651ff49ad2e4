"""Whether a chat template only writes text: an allow-list over its syntax tree.

Rules of this file: a call, a filter, a test, a tag is let pass by name, or not at all; whatever leads to Python's own objects is an
escape, spelled out or composed. Nothing is rendered. Source of what is taken: Jinja 3.1, "Builtin Filters", "Builtin Tests",
and what `transformers` gives to a chat template. CVE-2024-34359 is what happens where nobody looks.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.parsers.jinja_keys import Keys
from bartizan.supply.parsers.jinja_syntax import Node, Template
from bartizan.supply.parsers.jinja_tags import parsed
from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

FUNCTIONS: Final = frozenset(
    {"raise_exception", "strftime_now", "namespace", "range", "dict", "loop", "caller"}
)
"""What a template may call by name, besides its own macros."""
METHODS: Final = frozenset({
    "append", "capitalize", "copy", "count", "cycle", "endswith", "extend", "find", "get", "index", "insert", "isalpha", "isdigit",
    "isspace", "items", "join", "keys", "lower", "lstrip", "partition", "pop", "removeprefix", "removesuffix", "replace", "reverse",
    "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strftime", "strip", "title", "update", "upper",
    "values", "isoformat", "changed", "isupper", "islower", "isnumeric", "isalnum",
})  # fmt: skip
"""Methods of texts, lists and tables that it may call."""
FILTERS: Final = frozenset({
    "abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby",
    "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse",
    "round", "safe", "select", "selectattr", "slice", "sort", "string", "strip", "striptags", "sum", "title", "tojson", "from_json", "trim",
    "truncate", "unique", "upper", "wordcount", "from_json_string", "forceescape", "urlencode",
})  # fmt: skip
TESTS: Final = frozenset({
    "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "escaped", "even", "false", "float", "ge", "greaterthan", "gt", "in",
    "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sameas", "sequence", "string", "true",
    "undefined", "upper", "None", "True", "False",
})  # fmt: skip
_BY_ATTRIBUTE: Final = {"selectattr", "rejectattr", "groupby", "sum", "attr"}
_BY_TEST: Final = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
_SWITCHES: Final = {"sort", "unique", "min", "max"}
_NESTED: Final = frozenset({"map", "join", *_BY_ATTRIBUTE, *_BY_TEST, *_SWITCHES})
_INNER: Final = frozenset({
    "mro", "func_globals", "func_code", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "f_globals", "f_builtins",
    "f_locals", "tb_frame", "co_code", "popen", "system", "eval", "exec", "subprocess",
})  # fmt: skip
"""Attributes that have no place in a chat template, though they have no underscores."""
_PLACES: Final = re.compile(r"\{[A-Za-z0-9]*\}")
_MOST_TURNS: Final = 1_000_000


def judge(source: str, budget: Budget, telling: Telling, member: str = "") -> None:
    """Say what is wrong with a template; nothing where it only writes text.

    Args:
        source: of the template.
        budget: of the file that it stands in.
        telling: that is told.
        member: the place in the file that it stands at; empty for the file itself.

    Raises:
        Damaged: it is no template.
        Exhausted: the budget is.
    """
    template = parsed(source, budget)
    nodes = [node for each in template.expressions for node in _within(each, budget)]
    judged = _Judged(template, Keys(template, nodes), telling, member)
    for word, at in template.tags:
        judged.code(f"the tag `{shown(word)}`", at)
    for name in FUNCTIONS & template.macros.keys():
        judged.code(f"a macro in place of `{name}`", -1)
    for name in sorted(judged.keys.names | template.macros.keys()):
        if "__" in name:
            judged.escape(name, -1)
    for node in nodes:
        budget.spend(4)
        judged.node(node)


def _within(node: Node, budget: Budget) -> Iterator[Node]:
    left = [node]
    while left:
        budget.spend(1)
        found = left.pop()
        yield found
        left.extend(found.parts)


class _Judged:
    """One template under judgement."""

    def __init__(self, template: Template, keys: Keys, telling: Telling, member: str) -> None:
        self.template, self.keys, self.telling, self.member = template, keys, telling, member

    def code(self, what: str, at: int) -> None:
        """Say that a template does what the allow-list does not know."""
        self.telling.say(
            "template-code",
            f"its chat template uses {what}, which is not on the list of what only writes text; have a person read it",
            Standing.CODE,
            member=self.member,
            offset=at,
        )

    def escape(self, name: str, at: int) -> None:
        """Say that a template reaches for Python's own objects."""
        self.telling.say(
            "template-escape",
            f"its chat template reaches for `{shown(name)}`, by which templates run commands; don't render it",
            Standing.MALICIOUS,
            member=self.member,
            offset=at,
        )

    def node(self, node: Node) -> None:
        """Judge one expression by itself; its parts are judged by themselves."""
        if node.kind in _JUDGES:
            _JUDGES[node.kind](self, node)
        elif node.kind == "name" and "__" in node.value:
            self.escape(node.value, node.at)
        elif node.kind == "test" and node.value not in TESTS:
            self.code(f"the test `{shown(node.value)}`", node.at)
        elif node.kind == "spread":
            self.code("arguments that it unpacks", node.at)
        elif node.kind == "row" and "**" in node.value.split():
            self.code("powers, which can take for ever", node.at)

    def attribute(self, node: Node) -> None:
        """Judge an attribute by its name."""
        self.name(node.value, node.at)

    def name(self, name: str, at: int) -> None:
        """Judge a name, or a path of names, of an attribute or item."""
        for each in name.split("."):
            if "__" in each or each in _INNER:
                self.escape(each, at)
            elif each.startswith("_"):
                self.code(f"the private attribute `{shown(each)}`", at)

    def key(self, node: Node) -> None:
        """Judge an item by its key."""
        key = node.parts[1]
        if key.kind == "text":
            self.name(key.value, node.at)
        elif not self.keys.harmless(key):
            self.code("a key that it composes itself", node.at)

    def call(self, node: Node) -> None:
        """Judge a call by what is called."""
        callee = node.parts[0]
        if callee.kind == "attribute":
            if callee.value not in METHODS and not _fills_in(callee):
                self.code(f"a call of `.{shown(callee.value)}()`", node.at)
        elif callee.kind != "name":
            self.code("a call of something that has no name", node.at)
        elif callee.value in self.keys.names or (
            callee.value not in FUNCTIONS and callee.value not in self.template.macros
        ):
            self.code(f"a call of `{shown(callee.value)}()`", node.at)
        elif callee.value == "range" and any(_long(each) for each in node.parts[1:]):
            self.code("a range without end", node.at)

    def filter(self, node: Node) -> None:
        """Judge a filter by its name and by the names that it is given."""
        if node.value not in FILTERS:
            self.code(f"the filter `{shown(node.value)}`", node.at)
        arguments = [each for each in node.parts[1:] if each.kind != "named"]
        for each in node.parts[1:]:
            if each.kind == "named" and each.value == "attribute":
                self.given(each.parts[0], node)
        if node.value in _BY_ATTRIBUTE and arguments:
            self.given(arguments[0], node)
        if node.value in _BY_TEST and len(arguments) > _BY_TEST[node.value]:
            self.chosen(arguments[_BY_TEST[node.value]], TESTS, node)
        if node.value == "map" and arguments:
            self.chosen(arguments[0], FILTERS - _NESTED, node)
        switches = arguments if node.value in _SWITCHES else arguments[1:] if node.value == "join" else []
        if any(each.kind != "constant" for each in switches):
            self.code(f"arguments of `{node.value}` that name an attribute by their place", node.at)

    def given(self, argument: Node, node: Node) -> None:
        """Judge the attribute that a filter is given."""
        if argument.kind == "text":
            self.name(argument.value, node.at)
        elif argument.kind != "number":
            self.code(f"an attribute for `{shown(node.value)}` that it composes itself", node.at)

    def chosen(self, argument: Node, known: frozenset[str], node: Node) -> None:
        """Judge the filter or test that a filter is given by its name."""
        symbols = {"==", "!=", "<", ">", "<=", ">="}
        if argument.kind != "text" or (argument.value not in known and argument.value not in symbols):
            self.code(
                f"`{shown(node.value)}` with something else than a filter or test that is known", node.at
            )


_JUDGES: Final = {
    "attribute": _Judged.attribute,
    "item": _Judged.key,
    "call": _Judged.call,
    "filter": _Judged.filter,
}


def _fills_in(callee: Node) -> bool:
    """Return whether it is `format` of a text with plain places alone: `{0.__class__}` is none."""
    of = callee.parts[0]
    return callee.value == "format" and of.kind == "text" and not set("{}") & set(_PLACES.sub("", of.value))


def _long(node: Node) -> bool:
    if node.kind != "number":
        return any(_long(each) for each in node.parts)
    digits = node.value.replace("_", "")
    return not digits.isdecimal() or len(digits) > len(str(_MOST_TURNS)) or int(digits) > _MOST_TURNS
