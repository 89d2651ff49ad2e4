"""The syntax tree of a Jinja template: its expressions, what is bound to which name, and which tags it has.

Rules of this file: only syntax is read here, nothing is judged and nothing is run; what is not known to the letter is malformed.
Operators are told in a row, without their precedence: what is asked of a tree does not depend on it.
"""

from typing import Final

import msgspec

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.parsers.jinja_tokens import Piece, Token, pieces

LARGEST: Final = 1 << 19
"""Letters of a template."""
DEEPEST: Final = 60
"""Expressions within one another, and tags."""
_LONGEST_CHAIN: Final = 200
"""Attributes, items, calls, filters and tests after one another."""
_OPERATORS: Final = frozenset({"+", "-", "*", "/", "//", "%", "~", "**", "==", "!=", "<", ">", "<=", ">="})
_CONSTANTS: Final = frozenset({"true", "false", "none", "True", "False", "None"})
_WORDS: Final = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_ENDS: Final = {"endfor": "for", "endif": "if", "endmacro": "macro", "endset": "set", "endcall": "call",
                "endfilter": "filter", "endgeneration": "generation", "endwith": "with"}  # fmt: skip


class Node(msgspec.Struct, frozen=True):
    """An expression.

    Attributes:
        kind: `name`, `text`, `number`, `constant`, `many` (list, tuple or table), `attribute` (of part 0), `item` (part 1 of part 0),
            `slice`, `call` (of part 0), `filter` and `test` (of part 0), `row` (of operands), `choice` (what it may come to, and last the condition), `each` (of what is gone
            through), `body` (text between tags), `named` (an argument by its name), `spread` (`*` before an argument).
        value: the name, text or number; the operators of a row, each followed by a space.
        parts: what it is made of.
        at: the letter of the template that it begins at.
    """

    kind: str
    value: str = ""
    parts: tuple["Node", ...] = ()
    at: int = 0


class Template(msgspec.Struct):
    """What a template holds.

    Attributes:
        expressions: each whole one.
        bound: (name, what it is bound to); of an attribute of a namespace, the name begins with a dot.
        macros: name -> names of its parameters.
        tags: (word, letter) of tags that are none of the known pure ones.
    """

    expressions: list[Node] = msgspec.field(default_factory=list)
    bound: list[tuple[str, Node]] = msgspec.field(default_factory=list)
    macros: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    tags: list[tuple[str, int]] = msgspec.field(default_factory=list)


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
        words = _Words(piece)
        if piece.tag:
            _tag(words, found, opened)
        else:
            found.expressions.append(words.expression())
        words.end()
    if opened:
        raise Damaged("template-malformed", f"its chat template never ends a {opened[-1]}")
    return found


class _Words:
    """The words of one pair of delimiters, read from the left."""

    def __init__(self, piece: Piece) -> None:
        self.tokens, self.at, self.depth, self.begin = piece.tokens, 0, 0, piece.at

    def malformed(self) -> Damaged:
        """Return the error of a template that cannot be read here."""
        at = self.tokens[self.at].at if self.at < len(self.tokens) else self.begin
        return Damaged(
            "template-malformed", "its chat template is no Jinja that is known: it cannot be judged", at
        )

    def next(self) -> Token:
        """Return the word that is next, and go past it."""
        if self.at >= len(self.tokens):
            raise self.malformed()
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, kind: str, *values: str) -> bool:
        """Return whether such a word is next."""
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind == kind and (not values or token.value in values)

    def took(self, kind: str, *values: str) -> bool:
        """Return whether such a word was next, and go past it."""
        seen = self.sees(kind, *values)
        self.at += seen
        return seen

    def want(self, kind: str, *values: str) -> str:
        """Return the word that has to be next."""
        if not self.sees(kind, *values):
            raise self.malformed()
        return self.next().value

    def end(self) -> None:
        """Raise where words are left."""
        if self.at < len(self.tokens):
            raise self.malformed()

    def expression(self) -> Node:
        """Return a whole expression, tuples without brackets included."""
        first = self.single()
        if not self.sees("op", ","):
            return first
        parts = [first]
        while self.took("op", ","):
            if self.at < len(self.tokens) and not self.sees("op", ")", "]", "}", "="):
                parts.append(self.single())
        return Node("many", "", tuple(parts), first.at)

    def single(self) -> Node:
        """Return an expression that is no tuple: `a if b else c` at most."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Damaged("too-deep", "its chat template is nested too deep")
        found = self.row()
        while self.took("name", "if"):
            condition = self.row()
            other = (self.single(),) if self.took("name", "else") else ()
            found = Node("choice", "", (found, *other, condition), found.at)
        self.depth -= 1
        return found

    def row(self) -> Node:
        """Return operands with operators between them."""
        first = self._operand()
        operators, parts = [], [first]
        while True:
            if self.sees("op", *_OPERATORS) or self.sees("name", "and", "or", "in"):
                operators.append(self.next().value)
            elif self.sees("name", "not"):
                self.next()
                self.want("name", "in")
                operators.append("in")
            else:
                break
            parts.append(self._operand())
        return Node("row", " ".join(operators) + " ", tuple(parts), first.at) if operators else first

    def _operand(self) -> Node:
        begin = self.at
        while self.took("name", "not") or self.took("op", "-", "+"):
            pass
        signed = self.at > begin
        found = self._after(self._primary())
        return Node("row", "not ", (found,), found.at) if signed and found.kind != "number" else found

    def _primary(self) -> Node:
        token = self.next()
        if token.kind == "text":
            said = token.value
            while self.sees("text"):  # two texts side by side are one
                said += self.next().value
            return Node("text", said, (), token.at)
        if token.kind == "number":
            return Node("number", token.value, (), token.at)
        if token.kind == "name":
            if token.value in _WORDS:
                raise self.malformed()
            return Node("constant" if token.value in _CONSTANTS else "name", token.value, (), token.at)
        return self._bracketed(token)

    def _bracketed(self, token: Token) -> Node:
        if token.value == "(":
            if self.took("op", ")"):
                return Node("many", "", (), token.at)
            found = self.expression()
            self.want("op", ")")
            return found
        if token.value not in {"[", "{"}:
            raise self.malformed()
        closing = "]" if token.value == "[" else "}"
        parts: list[Node] = []
        while not self.took("op", closing):
            parts.append(self.single())
            if closing == "}":
                self.want("op", ":")
                parts.append(self.single())
            if not self.sees("op", closing):
                self.want("op", ",")
        return Node("many", "", tuple(parts), token.at)

    def _after(self, found: Node) -> Node:
        """Return an operand with all that follows it: attributes, items, calls, filters and tests."""
        for _ in range(_LONGEST_CHAIN):
            if self.took("op", "."):
                token = self.next()
                if token.kind not in {"name", "number"}:
                    raise self.malformed()
                found = Node("attribute", token.value, (found,), token.at)
            elif self.took("op", "["):
                found = Node("item", "", (found, self._key()), found.at)
                self.want("op", "]")
            elif self.took("op", "("):
                found = Node("call", "", (found, *self._arguments()), found.at)
            elif self.took("op", "|"):
                found = self._filter(found)
            elif self.took("name", "is"):
                found = self._test(found)
            else:
                return found
        raise Damaged("too-deep", "its chat template is nested too deep", found.at)

    def _key(self) -> Node:
        parts: list[Node] = []
        slicing = False
        while not self.sees("op", "]"):
            if self.took("op", ":"):
                slicing = True
            else:
                parts.append(self.expression())
        if not parts and not slicing:
            raise self.malformed()
        return Node("slice", "", tuple(parts)) if slicing else parts[0]

    def _arguments(self) -> list[Node]:
        found: list[Node] = []
        while not self.took("op", ")"):
            if self.took("op", "*", "**"):
                value = self.single()
                found.append(Node("spread", "", (value,), value.at))
            elif (
                self.sees("name")
                and self.tokens[self.at + 1 : self.at + 2]
                and self.tokens[self.at + 1].value == "="
            ):
                token = self.next()
                self.want("op", "=")
                found.append(Node("named", token.value, (self.single(),), token.at))
            else:
                found.append(self.single())
            if not self.sees("op", ")"):
                self.want("op", ",")
        return found

    def _filter(self, found: Node) -> Node:
        token = self.next()
        if token.kind != "name":
            raise self.malformed()
        name = token.value
        while self.took("op", "."):
            name += "." + self.want("name")
        arguments = self._arguments() if self.took("op", "(") else []
        return Node("filter", name, (found, *arguments), token.at)

    def _test(self, found: Node) -> Node:
        self.took("name", "not")
        token = self.next()
        if token.kind != "name":
            raise self.malformed()
        arguments: list[Node] = []
        if self.took("op", "("):
            arguments = self._arguments()
        elif self.sees("text") or self.sees("number") or self.sees("op", "[", "{") or self._names_one():
            arguments = [self._after(self._primary())]
        return Node("test", token.value, (found, *arguments), token.at)

    def _names_one(self) -> bool:
        return self.sees("name") and self.tokens[self.at].value not in _WORDS


def _tag(words: _Words, found: Template, opened: list[str]) -> None:
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


def _targets(words: _Words) -> list[Node]:
    found = []
    while True:
        bracketed = words.took("op", "(")
        found.extend(_targets(words) if bracketed else [_target(words)])
        if bracketed:
            words.want("op", ")")
        if not words.took("op", ","):
            return found


def _target(words: _Words) -> Node:
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


def _for(words: _Words, found: Template, opened: list[str]) -> None:
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


def _if(words: _Words, found: Template, opened: list[str]) -> None:
    found.expressions.append(words.expression())
    opened.append("if")


def _elif(words: _Words, found: Template, opened: list[str]) -> None:
    if not opened or opened[-1] != "if":
        raise words.malformed()
    found.expressions.append(words.expression())


def _else(words: _Words, found: Template, opened: list[str]) -> None:
    del found
    if not opened or opened[-1] not in {"if", "for"}:
        raise words.malformed()


def _set(words: _Words, found: Template, opened: list[str]) -> None:
    targets = _targets(words)
    if words.took("op", "="):
        value = words.expression()
    else:
        value = Node("body")
        while words.took("op", "|"):
            value = words._filter(value)  # noqa: SLF001 - of this file
        opened.append("set")
    found.expressions.append(value)
    _bind(found, targets, value)


def _with(words: _Words, found: Template, opened: list[str]) -> None:
    while words.at < len(words.tokens):
        targets = [_target(words)]
        words.want("op", "=")
        value = words.single()
        found.expressions.append(value)
        _bind(found, targets, value)
        words.took("op", ",")
    opened.append("with")


def _parameters(words: _Words, found: Template) -> tuple[str, ...]:
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


def _macro(words: _Words, found: Template, opened: list[str]) -> None:
    at, name = words.tokens[0].at, words.want("name")
    if name in found.macros:
        found.tags.append(("macro, twice by one name", at))
    found.macros[name] = _parameters(words, found)
    opened.append("macro")


def _call(words: _Words, found: Template, opened: list[str]) -> None:
    if words.sees("op", "("):
        for name in _parameters(words, found):
            found.bound.append((name, Node("body")))
    found.expressions.append(words.single())
    opened.append("call")


def _filter(words: _Words, found: Template, opened: list[str]) -> None:
    value = words._filter(Node("body"))  # noqa: SLF001 - of this file
    while words.took("op", "|"):
        value = words._filter(value)  # noqa: SLF001 - of this file
    found.expressions.append(value)
    opened.append("filter")


def _generation(words: _Words, found: Template, opened: list[str]) -> None:
    del words, found
    opened.append("generation")


def _loop_control(words: _Words, found: Template, opened: list[str]) -> None:
    del found
    if "for" not in opened:
        raise words.malformed()


_TAGS: Final = {
    "for": _for, "if": _if, "elif": _elif, "else": _else, "set": _set, "with": _with, "macro": _macro, "call": _call,
    "filter": _filter, "generation": _generation, "break": _loop_control, "continue": _loop_control,
}  # fmt: skip
