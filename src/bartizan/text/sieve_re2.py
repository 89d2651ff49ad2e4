"""A sieve of RE2's, for machines that Hyperscan is not made for: the same answers, slower.

Rules of this file: nothing but this file imports RE2, and it is imported where a sieve is made.
"""

from collections.abc import Sequence

import re2

from bartizan.text.rule import Rule, sought

_MEMORY = 256 << 20


class Re2Sieve:
    """Rules, as one set of RE2's for each case."""

    def __init__(self, rules: Sequence[Rule], *, spoken: bool = False) -> None:
        """Compile rules, which takes a moment; `spoken` are the phrases among them alone."""
        wanted = [(number, each) for number, each in enumerate(sought(rules)) if each.spoken or not spoken]
        self._sets = [
            ([number for number, _ in same], _compiled([each.pattern for _, each in same], caseless=caseless))
            for caseless in (False, True)
            if (same := [one for one in wanted if one[1].caseless is caseless])
        ]

    def found(self, text: str) -> list[int]:
        """Return the numbers of what stands in a text."""
        octets = text.encode("utf-8", "replace")
        return [numbers[place] for numbers, compiled in self._sets for place in compiled.Match(octets) or ()]


def _compiled(patterns: Sequence[str], *, caseless: bool) -> "re2.Set":
    options = re2.Options()
    options.case_sensitive, options.max_mem = not caseless, _MEMORY
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made
