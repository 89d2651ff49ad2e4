"""Texts with names that are written for training, each with where its names stand: frames of our own, filled with `coined` names.

Rules of this file: the same files give the same texts.
"""

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.text.names.labels import Label
from tools.train_names.coined import Coined

FRAMES: Final = Path(__file__).with_name("texts") / "frames.toml"
_SLOT: Final = re.compile(r"\{([A-Za-z]+)\}")
_KINDS: Final[Mapping[str, int]] = {"mail": 20, "chat": 26, "record": 26, "prose": 26, "harmless": 30}
"""Kinds of frames, and how often each is taken."""
_SHOUTED, _MUMBLED, _QUOTED = 0.01, 0.1, 0.03
"""Shares of texts that are all capitals, all small letters, or quoted as in a mail."""
Piece = tuple[str, Label]


class Written(NamedTuple):
    """A text.

    Attributes:
        said: it.
        names: start, end and label of each name, in order; ends are not included.
    """

    said: str
    names: tuple[tuple[int, int, Label], ...]


class Writer:
    """Writes texts."""

    def __init__(self, gazetteer: Mapping[str, str], drawn: random.Random) -> None:
        """Take what is written with.

        Args:
            gazetteer: word -> its classes.
            drawn: chance, seeded.
        """
        sheet = tomllib.loads(FRAMES.read_text("utf-8"))
        self._frames: dict[str, list[str]] = {kind: sheet[kind] for kind in _KINDS}
        self._words: dict[str, list[str]] = {name: said.split("|") for name, said in sheet["words"].items()}
        self._drawn, self._coined = drawn, Coined(gazetteer, self._words["Thing"], drawn)
        self._slots = {**self._named(), **self._counted()}

    def text(self) -> Written:
        """Return the next text."""
        (kind,) = self._drawn.choices([*_KINDS], [*_KINDS.values()])
        said, names = "", list[tuple[int, int, Label]]()
        for piece, label in self._filled(self._drawn.choice(self._frames[kind])):
            if label is not Label.NONE:
                names.append((len(said), len(said) + len(piece), label))
            said += piece
        return self._styled(said, names)

    def _styled(self, said: str, names: Sequence[tuple[int, int, Label]]) -> Written:
        chance = self._drawn.random()
        if chance < _QUOTED:
            return _quoted(said, names)
        if chance < _QUOTED + _SHOUTED:
            return Written(_in_step(said, said.upper()), tuple(names))
        if chance < _QUOTED + _SHOUTED + _MUMBLED:
            return Written(_in_step(said, said.lower()), tuple(names))
        return Written(said, tuple(names))

    def _filled(self, frame: str) -> list[Piece]:
        pieces, upto = list[Piece](), 0
        for slot in _SLOT.finditer(frame):
            pieces.append((frame[upto : slot.start()], Label.NONE))
            name = slot.group(1)
            if name in self._slots:
                pieces += self._slots[name]()
            else:
                pieces += self._filled(self._drawn.choice(self._words[name]))
            upto = slot.end()
        return [*pieces, (frame[upto:], Label.NONE)]

    def _named(self) -> Mapping[str, Callable[[], list[Piece]]]:
        """Return what writes names."""
        coined = self._coined
        return {
            "person": lambda: [(coined.person(), Label.PERSON)],
            "given": lambda: [(coined.called(), Label.PERSON)],
            "surname": lambda: [(coined.surname(), Label.PERSON)],
            "titled": lambda: [(f"{coined.title()} ", Label.NONE), (coined.formal(), Label.PERSON)],
            "doctor": lambda: [(self._doctor(), Label.NONE), (coined.person(), Label.PERSON)],
            "inverted": lambda: [(f"{coined.surname()}, {coined.given()}", Label.PERSON)],
            "slashed": lambda: [(f"{coined.surname()}/{coined.given()}".upper(), Label.PERSON)],
            "caps": lambda: [(f"{coined.given()} {coined.surname()}".upper(), Label.PERSON)],
            "place": lambda: [(coined.place(), Label.PLACE)],
            "town": lambda: [(coined.town(), Label.PLACE)],
            "country": lambda: [(coined.country(), Label.PLACE)],
            "address": lambda: [(coined.address(), Label.PLACE)],
            "line": lambda: [(coined.line(), Label.PLACE)],
            "way": lambda: [(coined.way(), Label.PLACE)],
            "org": lambda: [(coined.organisation(), Label.ORGANISATION)],
        }

    def _counted(self) -> Mapping[str, Callable[[], list[Piece]]]:
        """Return what writes numbers, and what has them."""
        drawn = self._drawn.randrange
        counted: Mapping[str, Callable[[], str]] = {
            "mail": lambda: f"{self._coined.given().lower()}{drawn(99)}@example.com",
            "number": lambda: str(drawn(2, 120)),
            "digits": lambda: str(drawn(1_000, 10**7)),
            "year": lambda: str(drawn(1850, 2030)),
            "date": lambda: f"{drawn(1, 13)}/{drawn(1, 29)}/{drawn(1940, 2026)}",
        }
        return {name: lambda each=each: [(each(), Label.NONE)] for name, each in counted.items()}  # type: ignore[misc]

    def _doctor(self) -> str:
        return self._drawn.choice(("Dr. ", "Dr ", "Prof. ", "Nurse "))


def _in_step(said: str, changed: str) -> str:
    """Return a changed text where it is as long as it was."""
    return changed if len(changed) == len(said) else said


def _quoted(said: str, names: Sequence[tuple[int, int, Label]]) -> Written:
    """Return a text with a sign before each of its lines."""
    moved = tuple(
        (start + 1 + said.count("\n", 0, start), end + 1 + said.count("\n", 0, end), label)
        for start, end, label in names
    )
    return Written(">" + said.replace("\n", "\n>"), moved)
