"""A sieve of RE2's, for machines that Hyperscan is not made for: the same answers, slower.

Rules of this file: nothing but this file imports RE2, and it is imported where a sieve is made.
"""

from collections.abc import Iterable, Sequence

import re2

from bartizan.text.rule import Rule

_MEMORY = 256 << 20


class Re2Sieve:
    """Rules, as one set of RE2's for each case."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile rules, which takes a moment."""
        self._longest = max(rule.longest for rule in rules)
        self._sets = [
            (numbers, _compiled([rules[number].pattern for number in numbers], caseless=caseless))
            for caseless in (False, True)
            if (numbers := [number for number, rule in enumerate(rules) if rule.caseless is caseless])
        ]

    def blocks(self, text: str, size: int) -> Iterable[tuple[int, int]]:
        """Yield each block with the rules that match in it or around it."""
        for block, start in enumerate(range(0, len(text), size)):
            here = text[max(start - self._longest, 0) : start + size + self._longest]
            for numbers, compiled in self._sets:
                for place in compiled.Match(here.encode("utf-8", "replace")) or ():
                    yield numbers[place], block


def _compiled(patterns: Sequence[str], *, caseless: bool) -> "re2.Set":
    options = re2.Options()
    options.case_sensitive, options.max_mem = not caseless, _MEMORY
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made
