"""Where the patterns of `rules/` stand in a view: which rule, from where, to where.

Rules of this file: a sieve says which rules may match in which block of a text; it may be wrong one way only. The rule's
own expression is then looked for in that block alone, so that every sieve gives the same answer. Time grows with the
text and with what is found; nothing here goes back over what it has read.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from bartizan.text.checks import CHECKS
from bartizan.text.rule import Exact, Rule

BLOCK: Final = 8_192
"""Letters that are looked at in one."""
NEAR: Final = 48
"""How far from a match a word may stand that has to be near it, in letters."""


class Match(NamedTuple):
    """Where a rule holds: from `start` to `end`, in letters of the view, the end not included."""

    rule: Rule
    start: int
    end: int


class Sieve(Protocol):
    """Which rules may match, and where."""

    def blocks(self, text: str, size: int) -> Iterable[tuple[int, int]]:
        """Yield number of a rule and number of a block, of so many letters, in which a match of it may end."""
        ...


class Patterns:
    """A set of rules, and what finds them."""

    def __init__(self, rules: Sequence[Rule], sieve: Sieve) -> None:
        """Take them.

        Args:
            rules: in the order in which the sieve has them.
            sieve: of these rules.
        Raises:
            RuleWrong: a rule names a check that there is not.
        """
        self._exact = tuple(Exact(rule) for rule in rules)
        self._sieve = sieve
        for rule in rules:
            if rule.check and rule.check not in CHECKS:
                raise RuleWrong(rule, f"there is no check {rule.check!r}")

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the matches of a view, in order of place and then of rule; of one rule none overlaps another."""
        found = list[Match]()
        upto = dict[int, int]()
        lower = _lower(text)
        for number, block in sorted({*self._sieve.blocks(text, BLOCK)}):
            exact = self._exact[number]
            if not _named(exact.rule, lower, block * BLOCK, (block + 1) * BLOCK):
                continue
            for match in _ending_in(exact, text, block):
                if match.start >= upto.get(number, 0) and _holds(match, text, lower):
                    found.append(match)
                    upto[number] = match.end
        return tuple(sorted(found, key=lambda match: (match.start, match.end, match.rule.id)))


class RuleWrong(ValueError):
    """A rule that cannot be looked for."""

    def __init__(self, rule: Rule, why: str) -> None:
        """Name it."""
        super().__init__(f"rule {rule.id!r}: {why}")


def _ending_in(exact: Exact, text: str, block: int) -> Iterator[Match]:
    """Yield where a rule's own expression holds and ends in a block."""
    first, last, longest = block * BLOCK, (block + 1) * BLOCK, exact.rule.longest
    for found in exact.pattern.finditer(text, max(first - longest, 0), last + longest):
        if found.end() > last:
            return
        if found.end() > first:
            yield Match(exact.rule, found.start(), found.end())


def _lower(text: str) -> str:
    """Return a text without capitals, letter for letter."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(each.lower()[0] for each in text)


def _named(rule: Rule, lower: str, start: int, end: int) -> bool:
    """Return whether a word that must be near is there at all, for a match that begins and ends about here."""
    if not rule.near:
        return True
    around = lower[max(start - rule.longest - NEAR, 0) : end + NEAR]
    return any(word in around for word in rule.near)


def _holds(match: Match, text: str, lower: str) -> bool:
    """Return whether what a rule asks besides its form is so."""
    rule = match.rule
    if rule.near and not any(
        word in lower[max(match.start - NEAR, 0) : match.end + NEAR] for word in rule.near
    ):
        return False
    return not rule.check or CHECKS[rule.check](text[match.start : match.end])


class Lengths(msgspec.Struct, frozen=True):
    """How the octets of a text lie in its blocks: where each block ends, in octets of UTF-8."""

    ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str, size: int) -> "Lengths":
        """Return those of a text."""
        ends, at = list[int](), 0
        for start in range(0, len(text), size):
            block = text[start : start + size]
            at += len(block) if block.isascii() else len(block.encode("utf-8", "replace"))
            ends.append(at)
        return cls(tuple(ends))

    def block(self, end: int) -> int:
        """Return in which block a stretch lies that ends before this octet."""
        return bisect_left(self.ends, end)
