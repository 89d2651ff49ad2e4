"""A sieve of Hyperscan's: all rules in one pass over the octets.

Rules of this file: nothing but this file imports Hyperscan, and it is imported where a sieve is made. A database is kept
only under a digest of everything that it was made of.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from importlib.metadata import version

import hyperscan

from bartizan.text.patterns import Lengths
from bartizan.text.rule import Rule


class HyperscanSieve:
    """Rules, compiled to one automaton."""

    def __init__(self, database: "hyperscan.Database") -> None:
        """Take a database that `compiled` made."""
        self._database = database
        self._scratch = hyperscan.Scratch(database)

    @classmethod
    def compiled(cls, rules: Sequence[Rule]) -> "HyperscanSieve":
        """Compile rules, which takes seconds.

        Raises:
            hyperscan.CompilerError: a rule's pattern is not of the part that it reads.
        """
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = [
            hyperscan.HS_FLAG_UTF8 | (hyperscan.HS_FLAG_CASELESS if rule.caseless else 0) for rule in rules
        ]
        database.compile(
            expressions=[rule.pattern.encode() for rule in rules],
            ids=list(range(len(rules))),
            elements=len(rules),
            flags=flags,
        )
        return cls(database)

    @classmethod
    def kept(cls, octets: bytes) -> "HyperscanSieve":
        """Return what `dumped` gave, on the same processor and version."""
        return cls(hyperscan.loadb(octets, mode=hyperscan.HS_MODE_BLOCK))

    def dumped(self) -> bytes:
        """Return it as octets, to be kept."""
        return bytes(hyperscan.dumpb(self._database))

    def blocks(self, text: str, size: int) -> Iterable[tuple[int, int]]:
        """Return rule and block of every end that Hyperscan tells."""
        lengths = Lengths.of(text, size)
        found = set[tuple[int, int]]()

        def told(rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.add((rule, lengths.block(end)))

        self._database.scan(text.encode("utf-8", "replace"), match_event_handler=told, scratch=self._scratch)
        return found


def digest(rules: Sequence[Rule]) -> str:
    """Return what tells this database from every other: of the patterns, the version, and the machine."""
    parts = [f"{rule.pattern}\0{rule.caseless}" for rule in rules]
    return sha256("\0".join([version("hyperscan"), *parts]).encode()).hexdigest()
