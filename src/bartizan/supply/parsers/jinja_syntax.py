"""Expressions of a Jinja template, as a syntax tree, and what a template holds of them.

Rules of this file: only syntax is read here, nothing is judged and nothing is run; what is not known to the letter is malformed.
Operators are told in a row, without their precedence: what is asked of a tree does not depend on it.
"""

from typing import Final

import msgspec

from bartizan.supply.format import Damaged
from bartizan.supply.parsers.jinja_tokens import Piece, Token

DEEPEST: Final = 60
"""Expressions within one another, and tags."""
_LONGEST_CHAIN: Final = 200
"""Attributes, items, calls, filters and tests after one another."""
_OPERATORS: Final = frozenset({"+", "-", "*", "/", "//", "%", "~", "**", "==", "!=", "<", ">", "<=", ">="})
_CONSTANTS: Final = frozenset({"true", "false", "none", "True", "False", "None"})
_WORDS: Final = frozenset({"and", "or", "not", "in", "is", "if", "else"})


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


class Words:
    """The words of one pair of delimiters, read from the left."""

    def __init__(self, piece: Piece) -> None:
        """Begin at the first."""
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
                found = self.filter(found)
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

    def filter(self, found: Node) -> Node:
        """Return what a filter makes of something; its bar is passed already."""
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
