"""LightGBM's own format: text of names and numbers, in a fixed order of parts.

Rules of this file: each line is of the form that its part has, and each tree is as long as the head says. Source: LightGBM 4.7, `GBDT::SaveModelToString`.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.parsers.telling import told

_MAGIC: Final = b"tree\nversion="
_PAIR: Final = re.compile(rb"[A-Za-z_]\w*=[^\x00-\x08\x0b-\x1f\x7f]*")
_WORDS: Final = frozenset({b"tree", b"average_output"})
"""Lines of the head that have no value."""
_SIZES: Final = re.compile(rb"[0-9]{1,10}(?: [0-9]{1,10})*|")
_TREE: Final = re.compile(rb"Tree=[0-9]+")
_IMPORTANCE: Final = re.compile(rb"[^\x00-\x1f\x7f]+=[0-9.e+-]+")
_PARAMETER: Final = re.compile(rb"\[\w+: [^\x00-\x08\x0b-\x1f\x7f]*\]")
_CATEGORIES: Final = b"pandas_categorical:"


def knows(octets: Octets) -> bool:
    """Return whether it begins as a model does."""
    return octets.begins(_MAGIC)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model."""
    del look
    return told(lambda _: _Walk(octets, budget).all())


class _Walk:
    """One pass over the lines of a model."""

    def __init__(self, octets: Octets, budget: Budget) -> None:
        self.octets, self.budget, self.at = octets, budget, 0
        budget.spend(len(octets) // 16)
        self.raw = bytes(octets.view)

    def line(self) -> bytes:
        """Return the next line; raise where it has no end."""
        self.budget.spend(4)
        end = self.raw.find(b"\n", self.at)
        if end < 0:
            raise TooShort("line")
        found, self.at = self.raw[self.at : end], end + 1
        return found

    def until(self, last: bytes, form: re.Pattern[bytes]) -> Iterator[bytes]:
        """Yield lines of a form, up to a line that ends their part; empty ones are passed over."""
        while (line := self.line()) != last:
            if line and not form.fullmatch(line):
                raise Damaged(
                    "line-malformed", "a line of it is not of the form of its part", self.at - len(line) - 1
                )
            yield line

    def all(self) -> None:
        """Read every part in its order."""
        sizes = self.head()
        for size in sizes:
            self.tree(size)
        if any(self.until(b"end of trees", re.compile(rb""))):
            raise Damaged("line-malformed", "a line of it stands between its trees and their end", self.at)
        self.tail()

    def head(self) -> list[int]:
        """Return the octets of each tree."""
        sizes: list[int] = []
        while line := self.line():
            name, _, value = line.partition(b"=")
            if line not in _WORDS and not _PAIR.fullmatch(line):
                raise Damaged("line-malformed", "a line of its head is of no form that is known", self.at)
            if name == b"tree_sizes":
                if sizes or not _SIZES.fullmatch(value):
                    raise Damaged("line-malformed", "the sizes of its trees are no numbers", self.at)
                sizes = [int(each) for each in value.split()]
        return sizes

    def tree(self, size: int) -> None:
        """Read one tree, as long as the head says."""
        end = self.at + size
        if not _TREE.fullmatch(self.line()):
            raise Damaged("line-malformed", "a tree is not where the head says", self.at)
        while self.at < end:
            line = self.line()
            if line and not _PAIR.fullmatch(line):
                raise Damaged("line-malformed", "a line of a tree is of no form that is known", self.at)
        if self.at != end:
            raise Damaged("tree-size", "a tree is not as long as the head says", self.at)

    def tail(self) -> None:
        """Read importances, parameters and categories, to the end."""
        before = list(self.until(b"parameters:", re.compile(rb"feature_importances:|" + _IMPORTANCE.pattern)))
        after = list(self.until(b"end of parameters", _PARAMETER))
        self.budget.spend(len(before) + len(after))
        rest = self.raw[self.at :].strip(b"\n")
        if not rest.startswith(_CATEGORIES):
            raise TooShort("categories")
        parsed(Octets(rest.removeprefix(_CATEGORIES)), self.budget, constants=True)


FORMAT: Final = Format("lightgbm", knows, read, order=20)
