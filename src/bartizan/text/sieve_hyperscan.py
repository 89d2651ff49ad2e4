"""A sieve of Hyperscan's: all rules in one pass over the octets.

Rules of this file: nothing but this file imports Hyperscan, and it is imported where a sieve is made. A database is kept
only under a digest of everything that it was made of.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Final

import hyperscan

from bartizan.text.rule import Rule, sought


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
        wanted = sought(rules)
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[each.pattern.encode() for each in wanted],
            ids=list(range(len(wanted))),
            elements=len(wanted),
            flags=[_FLAGS | (hyperscan.HS_FLAG_CASELESS if each.caseless else 0) for each in wanted],
        )
        return cls(database)

    @classmethod
    def kept(cls, octets: bytes) -> "HyperscanSieve":
        """Return what `dumped` gave, on the same processor and version."""
        return cls(hyperscan.loadb(octets, mode=hyperscan.HS_MODE_BLOCK))

    def dumped(self) -> bytes:
        """Return it as octets, to be kept."""
        return bytes(hyperscan.dumpb(self._database))

    def found(self, text: str) -> list[int]:
        """Return the numbers of what stands in a text."""
        found = list[int]()

        def told(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.append(number)

        self._database.scan(text.encode("utf-8", "replace"), match_event_handler=told, scratch=self._scratch)
        return found


_FLAGS: Final = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
"""Each pattern is told once a text, however often it stands there."""


def digest(rules: Sequence[Rule]) -> str:
    """Return what tells this database from every other: of the patterns, the version, and the machine."""
    parts = [f"{each.pattern}\0{each.caseless}" for each in sought(rules)]
    return sha256("\0".join([version("hyperscan"), str(_FLAGS), *parts]).encode()).hexdigest()
