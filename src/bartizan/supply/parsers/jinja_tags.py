"""The syntax of a whole Jinja template: its tags, what they bind to which name, and the expressions in them.

Rules of this file: a tag that is not one of the pure ones is told by its name and not read; tags end in the order in which they began.
"""

from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.parsers.jinja_syntax import DEEPEST, Node, Template, Words
from bartizan.supply.parsers.jinja_tokens import pieces

LARGEST: Final = 1 << 19
"""Letters of a template."""
_ENDS: Final = {"endfor": "for", "endif": "if", "endmacro": "macro", "endset": "set", "endcall": "call",
                "endfilter": "filter", "endgeneration": "generation", "endwith": "with"}  # fmt: skip


def parsed(source: str, budget: Budget) -> Template:
    """Return what a template holds.

    Raises:
        Damaged: it is no template, or larger than any.
        Exhausted: the budget is.
    """
    if len(source) > LARGEST:
        raise Damaged("template-too-large", f"its chat template has more than {LARGEST:,} letters")
    budget.spend(len(source) // 8 + 1)
    found = Template()
    opened: list[str] = []
    for piece in pieces(source):
        budget.spend(1 + 4 * len(piece.tokens))
        words = Words(piece)
        if piece.tag:
            _tag(words, found, opened)
        else:
            found.expressions.append(words.expression())
        words.end()
    if opened:
        raise Damaged("template-malformed", f"its chat template never ends a {opened[-1]}")
    return found


def _tag(words: Words, found: Template, opened: list[str]) -> None:
    """Read one tag."""
    token = words.next()
    if token.kind != "name":
        raise words.malformed()
    word = token.value
    if word in _ENDS:
        if not opened or opened.pop() != _ENDS[word]:
            raise words.malformed()
        return
    reader = _TAGS.get(word)
    if reader is None:
        found.tags.append((word, token.at))
        words.at = len(words.tokens)
        return
    reader(words, found, opened)
    if len(opened) > DEEPEST:
        raise Damaged("too-deep", "its chat template is nested too deep")


def _targets(words: Words) -> list[Node]:
    found = []
    while True:
        bracketed = words.took("op", "(")
        found.extend(_targets(words) if bracketed else [_target(words)])
        if bracketed:
            words.want("op", ")")
        if not words.took("op", ","):
            return found


def _target(words: Words) -> Node:
    at = words.at
    name = words.want("name")
    if words.took("op", "."):
        return Node("attribute", words.want("name"), (Node("name", name),), words.tokens[at].at)
    return Node("name", name, (), words.tokens[at].at)


def _bind(found: Template, targets: list[Node], value: Node) -> None:
    for target in targets:
        found.bound.append(("." * (target.kind == "attribute") + target.value, value))
        if target.kind == "attribute":
            found.expressions.append(target)


def _for(words: Words, found: Template, opened: list[str]) -> None:
    targets = _targets(words)
    words.want("name", "in")
    through = words.row()
    if words.sees("op", ","):
        raise words.malformed()
    found.expressions.append(through)
    _bind(found, targets, Node("each", "", (through,), through.at))
    if words.took("name", "if"):
        found.expressions.append(words.single())
    words.took("name", "recursive")
    opened.append("for")


def _if(words: Words, found: Template, opened: list[str]) -> None:
    found.expressions.append(words.expression())
    opened.append("if")


def _elif(words: Words, found: Template, opened: list[str]) -> None:
    if not opened or opened[-1] != "if":
        raise words.malformed()
    found.expressions.append(words.expression())


def _else(words: Words, found: Template, opened: list[str]) -> None:
    del found
    if not opened or opened[-1] not in {"if", "for"}:
        raise words.malformed()


def _set(words: Words, found: Template, opened: list[str]) -> None:
    targets = _targets(words)
    if words.took("op", "="):
        value = words.expression()
    else:
        value = Node("body")
        while words.took("op", "|"):
            value = words.filter(value)
        opened.append("set")
    found.expressions.append(value)
    _bind(found, targets, value)


def _with(words: Words, found: Template, opened: list[str]) -> None:
    while words.at < len(words.tokens):
        targets = [_target(words)]
        words.want("op", "=")
        value = words.single()
        found.expressions.append(value)
        _bind(found, targets, value)
        words.took("op", ",")
    opened.append("with")


def _parameters(words: Words, found: Template) -> tuple[str, ...]:
    names: list[str] = []
    words.want("op", "(")
    while not words.took("op", ")"):
        names.append(words.want("name"))
        if words.took("op", "="):
            value = words.single()
            found.expressions.append(value)
            found.bound.append((names[-1], value))
        if not words.sees("op", ")"):
            words.want("op", ",")
    return tuple(names)


def _macro(words: Words, found: Template, opened: list[str]) -> None:
    at, name = words.tokens[0].at, words.want("name")
    if name in found.macros:
        found.tags.append(("macro, twice by one name", at))
    found.macros[name] = _parameters(words, found)
    opened.append("macro")


def _call(words: Words, found: Template, opened: list[str]) -> None:
    if words.sees("op", "("):
        for name in _parameters(words, found):
            found.bound.append((name, Node("body")))
    found.expressions.append(words.single())
    opened.append("call")


def _filter(words: Words, found: Template, opened: list[str]) -> None:
    value = words.filter(Node("body"))
    while words.took("op", "|"):
        value = words.filter(value)
    found.expressions.append(value)
    opened.append("filter")


def _generation(words: Words, found: Template, opened: list[str]) -> None:
    del words, found
    opened.append("generation")


def _loop_control(words: Words, found: Template, opened: list[str]) -> None:
    del found
    if "for" not in opened:
        raise words.malformed()


_TAGS: Final = {
    "for": _for, "if": _if, "elif": _elif, "else": _else, "set": _set, "with": _with, "macro": _macro, "call": _call,
    "filter": _filter, "generation": _generation, "break": _loop_control, "continue": _loop_control,
}  # fmt: skip
