"""What is fuzzed: a parser, the promise that it keeps for whatever octets, and where to begin.

A file of `targets/` has one constant `TARGET`. Its `run` asserts what must hold for any octets and returns a word
for what became of them: a corpus keeps an input for each branch that is reached and for each such word.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fuzz import targets

CORPORA = Path(__file__).parent / "corpus"
"""Inputs that are kept, a folder a target: few, and replayed by the tests."""
FOUND = Path(__file__).parent / "found"
"""What runs find and leave here, which nobody keeps: grown corpora, crashes."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under attack.

    Attributes:
        modules: whose branches are counted.
        run: octets -> a word for what became of them; raises where a promise is broken.
        seeds: inputs to begin with.
        words: what is worth putting into an input.
        longest: octets of an input at most.
    """

    modules: tuple[str, ...]
    run: Callable[[bytes], str]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    longest: int = 1024


def names() -> list[str]:
    """Return the names of all targets: those of their files."""
    return sorted(found.name for found in pkgutil.iter_modules(targets.__path__))


def load(name: str) -> Target:
    """Return the target of that name."""
    target = importlib.import_module(f"fuzz.targets.{name}").TARGET
    assert isinstance(target, Target)
    assert sys.modules.keys() >= set(target.modules), "it names a module that it does not attack"
    return target


def kept(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and octets of each input of a target's corpus, and of its seeds."""
    for number, seed in enumerate(load(name).seeds):
        yield f"seed {number}", seed
    for file in sorted((CORPORA / name).glob("*")):
        yield file.name, file.read_bytes()
