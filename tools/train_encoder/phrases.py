"""Phrases of our own that documents and attacks are put together from: `texts/*.toml`.

Rules of this file: pure but for reading those files; chance is given. A list whose name ends with `-held` is never learned from.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("texts")
HELD: Final = "-held"
_SLOT: Final = re.compile(r"\{([a-z]+)\}")
_WITHIN: Final = re.compile(r"[\w,] $")


@cache
def phrases() -> Mapping[str, Sequence[str]]:
    """Return the lists of all files, by name."""
    sheets = [tomllib.loads((FOLDER / name).read_text("utf-8")) for name in ("attacks.toml", "bodies.toml")]
    return {name: list_ for sheet in sheets for name, list_ in sheet.items()}


@cache
def slots() -> Mapping[str, Sequence[str]]:
    """Return what goes into slots, by name."""
    found: Mapping[str, Sequence[str]] = tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))["slots"]
    return found


def drawn_from(name: str, drawn: random.Random, *, held: bool) -> str:
    """Return a phrase of a list, or of the part of it that is held out where there is one, filled."""
    lists = phrases()
    return filled(drawn.choice(lists.get(name + HELD, lists[name]) if held else lists[name]), drawn)


def filled(text: str, drawn: random.Random) -> str:
    """Return a phrase with something in each of its slots."""
    while (found := _SLOT.search(text)) is not None:
        text = text[: found.start()] + drawn.choice(slots()[found.group(1)]) + text[found.end() :]
    return text


def worded(frame: str, goal: str, drawn: random.Random) -> str:
    """Return a frame with a goal in it, in small letters where it goes on with a sentence."""
    before, _, after = frame.partition("{goal}")
    before = filled(before, drawn)
    if _WITHIN.search(before):
        goal = goal[:1].lower() + goal[1:]
    return before + goal + filled(after.replace("{goal}", goal), drawn)


def asked(drawn: random.Random, *, held: bool) -> str:
    """Return what somebody asks of somebody else."""
    frame = drawn.choice(phrases()["asked-held" if held else "asked"])
    task = drawn_from("task", drawn, held=held)
    if not frame.startswith("{goal}") or drawn.random() < _SMALL:
        return worded(frame, task, drawn)
    return worded(frame, task[:1].upper() + task[1:], drawn)


_SMALL: Final = 0.4
"""Share of sentences that begin with a small letter where they may."""
