"""A sieve of Hyperscan's: all rules in one pass over the octets, but for phrases, which are RE2's.

Rules of this file: a phrase has words between its words, for which Hyperscan needs minutes to compile and RE2 no time at all. Nothing but this file imports Hyperscan, and it is imported where a sieve is made. A database is kept
only under a digest of everything that it was made of.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Final

import hyperscan

from bartizan.text.rule import Rule, sought
from bartizan.text.sieve_re2 import Re2Sieve


class HyperscanSieve:
    """Rules, compiled to one automaton, and what finds the phrases among them."""

    def __init__(self, database: "hyperscan.Database", rules: Sequence[Rule]) -> None:
        """Take a database that `compiled` made of these rules."""
        self._database, self._phrases = database, Re2Sieve(rules, spoken=True)
        self._scratch = hyperscan.Scratch(database)

    @classmethod
    def compiled(cls, rules: Sequence[Rule]) -> "HyperscanSieve":
        """Compile rules, which takes seconds.

        Raises:
            hyperscan.CompilerError: a rule's pattern is not of the part that it reads.
        """
        wanted = {number: each for number, each in enumerate(sought(rules)) if not each.spoken}
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[each.pattern.encode() for each in wanted.values()],
            ids=[*wanted],
            elements=len(wanted),
            flags=[_FLAGS | (hyperscan.HS_FLAG_CASELESS if each.caseless else 0) for each in wanted.values()],
        )
        return cls(database, rules)

    @classmethod
    def kept(cls, octets: bytes, rules: Sequence[Rule]) -> "HyperscanSieve":
        """Return what `dumped` gave of these rules, on the same processor and version."""
        return cls(hyperscan.loadb(octets, mode=hyperscan.HS_MODE_BLOCK), rules)

    def dumped(self) -> bytes:
        """Return it as octets, to be kept."""
        return bytes(hyperscan.dumpb(self._database))

    def found(self, text: str) -> list[int]:
        """Return the numbers of what stands in a text."""
        found = self._phrases.found(text)

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
