"""What an evaluation asks, from what somebody says on the command line.

Rules of this file: without other words it asks the set that ships, with every attack. Prompts that are to be answered come from
that set where a file has none, so that every evaluation counts refusals that are one too many.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bartizan.config import read_octets
from bartizan.threats.evaluation import attacks as attacks_folder
from bartizan.threats.evaluation.attack import Attack, discover
from bartizan.threats.evaluation.copied import LEAST, Known, known
from bartizan.threats.evaluation.plan import DIRECT, Terms
from bartizan.threats.evaluation.prompt import LARGEST, Prompt, PromptsUnreadable, digest, own, read, sample
from bartizan.threats.evaluation.report import Asked

OWN: Final = "bartizan"
"""Name of the set that ships."""
LARGEST_TEXT: Final = 4 << 20
"""Octets of a known text."""


class AttackUnknown(LookupError):
    """An attack was asked for that there is not."""

    def __init__(self, name: str, known_names: Collection[str]) -> None:
        """Name both."""
        super().__init__(f"there is no attack {name}; there are {', '.join(sorted(known_names))}")


class Said(msgspec.Struct, frozen=True):
    """What somebody says about what is asked.

    Attributes:
        prompts: file of prompts; None takes the set that ships.
        references: folder with the known texts, `ID.txt`; None leaves requests for them out.
        attacks: names; none means all.
        sample: how many harmful prompts are drawn, and as many harmless ones; 0 asks all.
        seed: of every choice.
        tries: of one attack on one prompt, at most.
        tokens: that an answer may have.
    """

    prompts: Path | None
    references: Path | None
    attacks: tuple[str, ...]
    sample: int
    seed: int
    tries: int
    tokens: int


class Chosen(msgspec.Struct, frozen=True):
    """What that comes to.

    Attributes:
        terms: of the run.
        asked: the same, for the report.
        texts: id of a prompt -> digests of the text that it asks for.
    """

    terms: Terms
    asked: Asked
    texts: Mapping[str, Known]


def chosen(said: Said) -> Chosen:
    """Return what is asked.

    Raises:
        AttackUnknown, PromptsUnreadable.
        ConfigurationUnreadable: a file cannot be read.
    """
    attacks = _attacks(said.attacks)
    every = own() if said.prompts is None else read(said.prompts.name, read_octets(said.prompts, LARGEST))
    texts = _texts(said.references, [prompt for prompt in every if prompt.copied])
    harmful = [prompt for prompt in every if not prompt.benign and not prompt.copied]
    benign = [prompt for prompt in every if prompt.benign] or [prompt for prompt in own() if prompt.benign]
    copied = [prompt for prompt in every if prompt.id in texts]
    if not harmful and not copied:
        raise PromptsUnreadable(
            OWN if said.prompts is None else said.prompts.name, "it holds no harmful prompts to ask"
        )
    prompts = _told_apart((*_drawn(harmful, said), *_drawn(benign, said), *_drawn(copied, said)))
    asked = Asked(
        source=OWN if said.prompts is None else said.prompts.name,
        digest=digest(prompts),
        harmful=sum(not prompt.benign and not prompt.copied for prompt in prompts),
        benign=sum(prompt.benign for prompt in prompts),
        copied=sum(prompt.copied for prompt in prompts),
        left=sum(prompt.copied for prompt in every) - len(copied),
        sample=said.sample,
        seed=said.seed,
        tries=said.tries,
        tokens=said.tokens,
        attacks={name: attack.about for name, attack in attacks.items()},
    )
    return Chosen(Terms(prompts, attacks, said.seed, said.tries), asked, texts)


def _attacks(names: Sequence[str]) -> Mapping[str, Attack]:
    every = discover(attacks_folder)
    for name in names:
        if name not in every:
            raise AttackUnknown(name, every)
    return {name: attack for name, attack in every.items() if not names or name in {*names, DIRECT}}


def _drawn(prompts: Sequence[Prompt], said: Said) -> tuple[Prompt, ...]:
    return sample(prompts, said.sample or len(prompts), said.seed)


def _told_apart(prompts: tuple[Prompt, ...]) -> tuple[Prompt, ...]:
    """Return prompts of two sets with ids of their own."""
    seen: set[str] = set()
    found = []
    for prompt in prompts:
        unique = prompt.id
        while unique in seen:
            unique = f"own-{unique}"
        seen.add(unique)
        found.append(msgspec.structs.replace(prompt, id=unique))
    return tuple(found)


def _texts(folder: Path | None, prompts: Sequence[Prompt]) -> Mapping[str, Known]:
    if folder is None:
        return {}
    files = {prompt.id: folder / f"{prompt.id}.txt" for prompt in prompts if "/" not in prompt.id}
    there = {
        name: known(read_octets(file, LARGEST_TEXT).decode("utf-8", "replace"))
        for name, file in files.items()
        if file.is_file()
    }
    return {name: text for name, text in there.items() if len(text) >= LEAST}  # a shorter one proves nothing
