"""The patterns that ship, ready to be looked for: at once with RE2, faster with Hyperscan once that is compiled.

Rules of this file: both give the same answers (decision 40).
"""

from collections.abc import Sequence
from typing import Final

from bartizan.text.patterns import Patterns
from bartizan.text.rule import Rule

HYPERSCAN: Final = "hyperscan"
RE2: Final = "re2"


def at_once(rules: Sequence[Rule]) -> Patterns:
    """Return patterns that are ready in a fraction of a second."""
    from bartizan.text.sieve_re2 import Re2Sieve  # noqa: PLC0415  # nobody loads it who does not look for patterns

    return Patterns(rules, Re2Sieve(rules))


def compiled(rules: Sequence[Rule]) -> Patterns | None:
    """Return patterns that are faster, after a second or more; None where there is no Hyperscan.

    Whoever waits in another thread goes on meanwhile.
    """
    try:
        from bartizan.text.sieve_hyperscan import HyperscanSieve  # noqa: PLC0415
    except ImportError:
        return None
    return Patterns(rules, HyperscanSieve.compiled(rules))
