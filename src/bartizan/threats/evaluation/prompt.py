"""What a model is asked: read from a file of prompts, or from the small set that ships.

Rules of this file: what is read is bounded. A set is HarmBench's CSV of behaviours, any other CSV with a head, or lines of
JSON; names of columns are those of the public sets. A prompt that appears twice counts once.
Source: Mazeika et al. 2024, HarmBench, whose CSV has Behavior, SemanticCategory, ContextString, Tags and BehaviorID.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, Final

import msgspec

from bartizan.strict_json import MemberRepeated, no_constant, once
from bartizan.threats.evaluation.draw import Draw

LARGEST: Final = 32 << 20
"""Octets of a file of prompts."""
MOST: Final = 20_000
"""Prompts of a set."""
LONGEST: Final = 32_768
"""Characters of a prompt, its context included; of a category, an id: 80."""
_SHORT: Final = 80
_TEXT: Final = ("text", "prompt", "behavior", "goal", "forbidden_prompt", "question", "instruction")
_CATEGORY: Final = ("category", "semanticcategory", "type", "topic")
_ID: Final = ("id", "behaviorid", "behavior_id", "prompt_id")
_CONTEXT: Final = ("context", "contextstring")
_BENIGN: Final = ("benign", "safe", "is_safe")
_YES: Final = frozenset({"true", "yes", "1"})
_HASHED: Final = "hash_check"
"""Tag of HarmBench's on behaviours that ask for a text under copyright."""


class Prompt(msgspec.Struct, frozen=True):
    """One request.

    Attributes:
        id: of the set, or else the beginning of its digest.
        text: what is asked, its context first where it has one.
        category: as the set names it; `uncategorised` where it does not.
        benign: whether it is to be answered: a refusal is one too many.
        copied: whether it asks for a known text, so that only a comparison with that text judges an answer.
    """

    id: str
    text: str
    category: str = "uncategorised"
    benign: bool = False
    copied: bool = False


class PromptsUnreadable(ValueError):
    """A file that holds no prompts which can be used; `fault` says why, without its text."""

    def __init__(self, name: str, fault: str) -> None:
        """Name the file and the fault."""
        super().__init__(f"{name}: {fault}")
        self.fault = fault


def own() -> tuple[Prompt, ...]:
    """Return the set that ships: short harmful requests, and harmless ones that sound like such."""
    octets = resources.files(__package__).joinpath("prompts.jsonl").read_bytes()
    return read("prompts.jsonl", octets)


def read(name: str, octets: bytes) -> tuple[Prompt, ...]:
    """Return the prompts of a file, in its order.

    Args:
        name: of the file; one that ends with `.csv` is CSV with a head, everything else is lines of JSON.
        octets: what it holds.
    Raises:
        PromptsUnreadable: it is neither, has no prompts, or too many or too long ones.
    """
    if len(octets) > LARGEST:
        raise PromptsUnreadable(name, f"it is larger than {LARGEST} octets")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PromptsUnreadable(name, "it is not UTF-8") from None
    rows = _of_csv(name, text) if name.lower().endswith(".csv") else _of_lines(name, text)
    found: dict[str, Prompt] = {}
    for number, row in rows:
        prompt = _prompt(name, number, row)
        found.setdefault(prompt.text, prompt)
        if len(found) > MOST:
            raise PromptsUnreadable(name, f"it holds more than {MOST} prompts")
    if not found:
        raise PromptsUnreadable(name, "it holds no prompts")
    return _told_apart(name, tuple(found.values()))


def sample(prompts: Sequence[Prompt], count: int, seed: int) -> tuple[Prompt, ...]:
    """Return `count` prompts that are drawn by a seed, in the order of the set; all where there are no more."""
    chosen = set(Draw("sample", seed).pick(range(len(prompts)), count))
    return tuple(prompt for at, prompt in enumerate(prompts) if at in chosen)


def digest(prompts: Iterable[Prompt]) -> str:
    """Return SHA-256 over prompts in their order, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(tuple(prompts))).hexdigest()


def _of_csv(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, {key.lower(): value for key, value in row.items() if key is not None}
    except csv.Error:
        raise PromptsUnreadable(name, f"line {reader.line_num} is not CSV") from None


def _of_lines(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=once, parse_constant=no_constant)
        except (ValueError, RecursionError, MemberRepeated):
            raise PromptsUnreadable(name, f"line {number} is not JSON") from None
        if not isinstance(row, dict):
            raise PromptsUnreadable(name, f"line {number} is no object")
        yield number, {key.lower(): value for key, value in row.items()}


def _prompt(name: str, number: int, row: Mapping[str, Any]) -> Prompt:
    asked, context = _field(row, _TEXT), _field(row, _CONTEXT)
    if not asked:
        raise PromptsUnreadable(
            name, f"line {number} has no prompt: one of the columns {', '.join(_TEXT)} must hold it"
        )
    text = f"{context}\n\n---\n\n{asked}" if context else asked
    if len(text) > LONGEST:
        raise PromptsUnreadable(name, f"the prompt of line {number} is longer than {LONGEST} characters")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise PromptsUnreadable(name, f"the prompt of line {number} holds half a character")
    return Prompt(
        id=_field(row, _ID)[:_SHORT] or hashlib.sha256(text.encode()).hexdigest()[:16],
        text=text,
        category=_field(row, _CATEGORY)[:_SHORT] or "uncategorised",
        benign=any(row.get(key) is True or _said(row.get(key)).lower() in _YES for key in _BENIGN),
        copied=_HASHED in _said(row.get("tags")),
    )


def _field(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((said for name in names if (said := _said(row.get(name)))), "")


def _said(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _told_apart(name: str, prompts: tuple[Prompt, ...]) -> tuple[Prompt, ...]:
    if len({prompt.id for prompt in prompts}) < len(prompts):
        raise PromptsUnreadable(name, "two prompts have the same id")
    return prompts
