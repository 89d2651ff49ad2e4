"""The patterns that ship, ready to be looked for: at once with RE2, faster with Hyperscan once that is compiled.

Rules of this file: both give the same answers (decision 40). A database is kept under a digest of all that it was made of,
and read only where that fits; whoever can write there can have anything found or missed, so it is the owner's folder.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bartizan.text.patterns import Patterns
from bartizan.text.rule import Rule

HYPERSCAN: Final = "hyperscan"
RE2: Final = "re2"
_LARGEST: Final = 64 << 20


def at_once(rules: Sequence[Rule]) -> Patterns:
    """Return patterns that are ready in a fraction of a second."""
    from bartizan.text.sieve_re2 import Re2Sieve  # noqa: PLC0415  # nobody loads it who does not look for patterns

    return Patterns(rules, Re2Sieve(rules))


def kept(rules: Sequence[Rule], folder: Path) -> Patterns | None:
    """Return patterns whose database a folder keeps; None where it keeps none that fits, or Hyperscan is not here."""
    try:
        import hyperscan  # noqa: PLC0415

        from bartizan.text.sieve_hyperscan import HyperscanSieve, digest  # noqa: PLC0415
    except ImportError:
        return None
    try:
        octets = (folder / digest(rules)).read_bytes()
        return Patterns(rules, HyperscanSieve.kept(octets)) if len(octets) <= _LARGEST else None
    except (OSError, hyperscan.HyperscanError):
        return None


def compiled(rules: Sequence[Rule], folder: Path | None = None) -> Patterns | None:
    """Return patterns that are faster, after a second or more, and keep their database; None where there is no Hyperscan.

    Args:
        rules: to compile.
        folder: to keep it in, which is there; None keeps nothing.
    """
    try:
        from bartizan.text.sieve_hyperscan import HyperscanSieve, digest  # noqa: PLC0415
    except ImportError:
        return None
    sieve = HyperscanSieve.compiled(rules)
    if folder is not None:
        written = folder / f"{digest(rules)}.new"
        written.write_bytes(sieve.dumped())
        os.replace(written, folder / digest(rules))  # noqa: PTH105
    return Patterns(rules, sieve)
