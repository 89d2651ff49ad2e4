"""Phrases of our own that documents and attacks are put together from: `texts/*.toml`.

Rules of this file: pure but for reading those files; chance is given. A list whose name ends with `-held` is never learned from.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).with_name("texts")
HELD: Final = "-held"
_SLOT: Final = re.compile(r"\{([a-z]+)\}")
_WITHIN: Final = re.compile(r"[\w,] $")


@cache
def phrases() -> Mapping[str, Sequence[str]]:
    """Return the lists of all files, by name."""
    sheets = [tomllib.loads((FOLDER / name).read_text("utf-8")) for name in ("attacks.toml", "bodies.toml")]
    return {name: list_ for sheet in sheets for name, list_ in sheet.items()}


class ByHand(NamedTuple):
    """What was written by hand: harmless documents, each about one thing, and orders to put into them, by kind."""

    documents: Sequence[str]
    attacks: Mapping[str, Sequence[str]]


@cache
def by_hand(*, held: bool) -> ByHand:
    """Return what was written by hand: what is held out, or the rest; a folder is one or the other."""
    documents, attacks = list[str](), dict[str, list[str]]()
    for folder in sorted(path for path in (FOLDER / "documents").iterdir() if (path.name == "held") == held):
        for sheet in (tomllib.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.toml"))):
            documents += sheet.pop("documents", [])
            for kind, orders in sheet.items():
                attacks.setdefault(kind, []).extend(orders)
    return ByHand(documents, attacks)


@cache
def slots() -> Mapping[str, Sequence[str]]:
    """Return what goes into slots, by name."""
    found: Mapping[str, Sequence[str]] = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))["slots"]
    return found


class Chance(NamedTuple):
    """What a text is put together by.

    Attributes:
        drawn: its chance.
        known: slot -> what the text has spoken of, and is likely to come back to; of an attack there is nothing.
        held: whether only what is held out may be used.
    """

    drawn: random.Random
    known: dict[str, str]
    held: bool

    def of(self, name: str) -> str:
        """Return a phrase of a list, or of the part of it that is held out where there is one, filled."""
        return self.filled(self.drawn.choice(self._list(name)))

    def filled(self, text: str) -> str:
        """Return a phrase with something in each of its slots."""
        while (found := _SLOT.search(text)) is not None:
            text = text[: found.start()] + self._slot(found.group(1)) + text[found.end() :]
        return text

    def worded(self, frame: str, goal: str) -> str:
        """Return a frame with a goal in it, in small letters where it goes on with a sentence."""
        before, _, after = frame.partition("{goal}")
        before = self.filled(before)
        if _WITHIN.search(before):
            goal = goal[:1].lower() + goal[1:]
        return before + goal + self.filled(after.replace("{goal}", goal))

    def asked(self, *, short: bool) -> str:
        """Return what somebody asks of somebody else; `short` as in a list or a talk, where it may do without a sentence."""
        frames = [*self._list("asked"), *(self._list("asked-short") if short else ())]
        frame, task = self.drawn.choice(frames), self.of("task")
        if not frame.startswith("{goal}") or (short and self.drawn.random() < _SMALL):
            return self.worded(frame, task)
        return self.worded(frame, task[:1].upper() + task[1:])

    def _list(self, name: str) -> Sequence[str]:
        lists = phrases()
        return lists.get(name + HELD, lists[name]) if self.held else lists[name]

    def _slot(self, name: str) -> str:
        if name in STEADY and name in self.known and self.drawn.random() < _AGAIN:
            return self.known[name]
        said = self.drawn.choice(slots()[name])
        if name in STEADY:
            self.known.setdefault(name, said)
        return said


STEADY: Final = frozenset(
    {
        "first",
        "company",
        "domain",
        "file",
        "folder",
        "topic",
        "chat",
        "product",
        "hotel",
        "restaurant",
        "city",
    }
    | {"device", "doc", "thing", "event", "place"}
)
"""Slots whose filling a text comes back to."""
_AGAIN, _SMALL = 0.6, 0.4
"""How often it does; share of sentences that begin with a small letter where they may."""
