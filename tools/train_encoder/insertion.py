"""Attacks, and putting them into documents.

Rules of this file: pure; chance is given.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tools.train_encoder.phrases import Chance, phrases
from tools.train_guard.disguises import disguised

_PLACE: Final = re.compile(r"(?<=[.!?])\s(?!$)|\n|(?=</p>)|(?= \|)")
_WITHIN: Final = re.compile(
    r"(?<=[.!?]) (?=[A-Za-z])|(?<=: \")(?=[^\"]{24})|(?<=[^\"]{24})(?=\",)|(?<=[^\"]{24})(?=\"[\n}])"
)
"""Where something can be put into a text, and into the strings of a document in JSON."""
_BY_HAND: Final = 0.35
"""How often an order is one that was written by hand."""
_DISGUISED, _BARE = 0.12, 0.3
"""Share of attacks that are disguised, and of requests without a mark at their end that stay so."""


class Attacks(NamedTuple):
    """What is put into documents.

    Attributes:
        drawn: its chance.
        imperatives: requests that people make of models, which are harmless where they make them.
        others: attacks that others wrote.
        held: whether only what is held out may be used.
        by_hand: kind -> orders that were written by hand.
    """

    drawn: random.Random
    imperatives: Sequence[str]
    others: Sequence[str]
    held: bool
    by_hand: Mapping[str, Sequence[str]]

    def attack(self, kind: str) -> str:
        """Return an attack of a kind, one of `KINDS`."""
        drawn = self.drawn
        if kind in self.by_hand and drawn.random() < _BY_HAND:
            said = drawn.choice(self.by_hand[kind])
            return said if self.held or drawn.random() > _DISGUISED else disguised(said, drawn)
        if kind == "off-task":
            return self._plain(drawn.choice(self.imperatives))
        if kind == "others":
            return drawn.choice(self.others)
        chance = Chance(drawn, {}, self.held)
        goal = chance.of("goals")
        if drawn.random() < (0.5 if kind == "loud" else 0.12):
            goal = self._plain(drawn.choice(self.imperatives))
        if kind == "goal":
            return goal
        name = kind + "-held" if self.held else kind
        said = chance.worded(drawn.choice(phrases()[name]), goal)
        return said if self.held or drawn.random() > _DISGUISED else disguised(said, drawn)

    def _plain(self, text: str) -> str:
        text = text.strip()
        return text if text[-1:] in ".?!\"'" or self.drawn.random() < _BARE else text + "."


KINDS: Final[Mapping[str, int]] = {"loud": 5, "quiet": 4, "goal": 5, "off-task": 7, "others": 3}
"""Kinds of attacks, and how often each is learned from."""


def inserted(document: str, attack: str, drawn: random.Random) -> tuple[str, int, int]:
    """Return a document with an attack in it, and where that stands: start, end."""
    structured = document[:1] in "[{" and document[-1:] in "]}"
    places = [found.start() for found in (_WITHIN if structured else _PLACE).finditer(document)]
    if structured and places:
        attack = json.dumps(attack, ensure_ascii=False)[1:-1]
    else:
        places += [0, len(document)] * max(len(places) // 8, 1)
    at = drawn.choice(places)
    before, after = _gaps(document, at, " " if structured else drawn.choice((" ", " ", "\n", "\n\n")))
    start = at + len(before)
    return document[:at] + before + attack + after + document[at:], start, start + len(attack)


def _gaps(document: str, at: int, gap: str) -> tuple[str, str]:
    before = gap if at and document[at - 1] not in '"\n' else ""
    after = gap if document[at : at + 1] not in ("", '"', "\n", " ") else ""
    return before, after
