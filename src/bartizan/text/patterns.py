"""Where the patterns of `rules/` stand in a view: which rule, from where, to where.

Rules of this file: a sieve says which rules may match in or just before a block of a text; it may be wrong one way only.
The rule's own expression is then looked for in that block alone, so that every sieve gives the same answer. Time grows
with the text and with what is found; nothing here goes back over what it has read.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from bartizan.text.checks import CHECKS
from bartizan.text.rule import Exact, Rule, nearby

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
    """Finds in one pass what `sought` says of some rules; it may be wrong one way only."""

    def found(self, text: str) -> Sequence[int]:
        """Return the numbers of what stands in a text, each once."""
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
        for rule in rules:
            if rule.check and rule.check not in CHECKS:
                raise RuleWrong(rule, f"there is no check {rule.check!r}")
        self._exact, self._nearby = tuple(Exact(rule) for rule in rules), nearby(rules)
        self._before = NEAR + max((rule.longest for rule in rules), default=0)
        self._sieve = sieve

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the matches of a view, in order of place and then of rule; of one rule none overlaps another."""
        found = list[Match]()
        upto = dict[str, int]()
        for first in range(0, len(text), BLOCK):
            possible = self._possible(text, first)
            lower = _lower(text) if any(exact.rule.near for exact in possible) else ""
            for exact in possible:
                for match in _ending_in(exact, text, first):
                    if match.start >= upto.get(exact.rule.id, 0) and _holds(match, text, lower):
                        found.append(match)
                        upto[exact.rule.id] = match.end
        return tuple(sorted(found, key=lambda match: (match.start, match.end, match.rule.id)))

    def _possible(self, text: str, first: int) -> list[Exact]:
        """Return the rules of which a match may end in a block."""
        around = text[max(first - self._before, 0) : first + BLOCK + NEAR]
        found, rules = self._sieve.found(around), len(self._exact)
        if not found:
            return []
        words = {self._nearby[number - rules] for number in found if number >= rules}
        possible = [self._exact[number] for number in sorted(found) if number < rules]
        return [
            exact
            for exact in possible
            if not exact.rule.near or exact.rule.near in words or _LONGER in around
        ]


_LONGER: Final = "\u0130"
"""The one letter that is another one of ASCII without its capital, and that no sieve takes for it."""


class RuleWrong(ValueError):
    """A rule that cannot be looked for."""

    def __init__(self, rule: Rule, why: str) -> None:
        """Name it."""
        super().__init__(f"rule {rule.id!r}: {why}")


def _ending_in(exact: Exact, text: str, first: int) -> Iterator[Match]:
    """Yield where a rule's own expression holds and ends in a block."""
    last, longest = first + BLOCK, exact.rule.longest
    for found in exact.pattern.finditer(text, max(first - longest, 0), last + longest):
        if found.end() > last:
            return
        if found.end() > first:
            yield Match(exact.rule, found.start(), found.end())


def _lower(text: str) -> str:
    """Return a text without capitals, letter for letter."""
    return text.replace(_LONGER, "i").lower()


def _holds(match: Match, text: str, lower: str) -> bool:
    """Return whether what a rule asks besides its form is so."""
    rule = match.rule
    if rule.near and not any(
        word in lower[max(match.start - NEAR, 0) : match.end + NEAR] for word in rule.near
    ):
        return False
    return not rule.check or CHECKS[rule.check](text[match.start : match.end])
