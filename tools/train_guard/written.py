"""Texts that are written for training, out of frames and words of our own: `texts/*.toml`.

Rules of this file: benign texts and attacks are told apart by what they ask for, not by their words, so each family has a
twin. The same files give the same texts.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bartizan.text.canonical import canonical
from tools.train_guard.curation import Text
from tools.train_guard.disguises import disguised

FOLDER: Final = Path(__file__).with_name("texts")
SOURCE: Final = "written"
_SLOT: Final = re.compile(r"\{([a-z-]+)\}")
_TRIES: Final = 4


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Texts of one making.

    Attributes:
        name: of it.
        attack: whether they are attacks.
        count: how many are written at most; none is written twice.
        frames: texts with slots, `{verb}`.
        slots: what goes into them, before those of the file; may have slots in turn.
        disguised: share of them that is disguised.
    """

    name: str
    attack: bool
    count: int
    frames: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]] = {}
    disguised: float = 0.0


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: families, and the words that they share."""

    family: tuple[Family, ...]
    slots: Mapping[str, tuple[str, ...]] = {}


def families(folder: Path = FOLDER) -> Iterator[tuple[Family, Mapping[str, Sequence[str]]]]:
    """Yield each family with all that goes into its slots, files in order of name."""
    sheets = [
        msgspec.convert(tomllib.loads(file.read_text("utf-8")), Sheet)
        for file in sorted(folder.glob("*.toml"))
    ]
    shared = {name: words for sheet in sheets for name, words in sheet.slots.items()}
    for sheet in sheets:
        for family in sheet.family:
            yield family, {**shared, **sheet.slots, **family.slots}


def written() -> list[Text]:
    """Return every text that is written, in canonical view."""
    return [
        Text(canonical(said).view.text, family.attack, SOURCE, family.name)
        for family, slots in families()
        for said in _of(family, slots)
    ]


def _of(family: Family, slots: Mapping[str, Sequence[str]]) -> list[str]:
    drawn = random.Random(family.name)  # noqa: S311 - texts, no secret
    said = dict[str, None]()
    for number in range(family.count * _TRIES):
        if len(said) == family.count:
            break
        text = _filled(family.frames[number % len(family.frames)], slots, drawn)
        if drawn.random() < family.disguised:
            text = disguised(text, drawn)
        said[text] = None
    return [*said]


def _filled(frame: str, slots: Mapping[str, Sequence[str]], drawn: random.Random) -> str:
    """Return a frame with something in each of its slots; a slot that stands twice is filled alike unless it ends with a figure."""
    text = frame
    while True:
        found = _SLOT.search(text)
        if found is None:
            return text[:1].upper() + text[1:] if drawn.random() < _CAPITAL else text
        text = text[: found.start()] + drawn.choice(slots[found.group(1)]) + text[found.end() :]


_CAPITAL: Final = 0.85
"""Share of texts that begin with a capital."""
