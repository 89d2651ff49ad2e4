"""Everything that a run will ask, before anything is asked.

Rules of this file: pure. The same prompts, attacks, seed and tries are the same questions, so a run that was cut off knows
what is left of it. Prompts that are to be answered are asked directly alone: there is nothing to attack.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bartizan.threats.evaluation.attack import Attack, Attempt
from bartizan.threats.evaluation.draw import Draw
from bartizan.threats.evaluation.prompt import Prompt

DIRECT: Final = "direct"
"""Name of the attack that is none."""


class Terms(msgspec.Struct, frozen=True):
    """What is asked.

    Attributes:
        prompts: in order; those of `Prompt.copied` are judged apart.
        attacks: by name.
        seed: of every choice.
        tries: of one attack on one prompt, at most.
    """

    prompts: tuple[Prompt, ...]
    attacks: Mapping[str, Attack]
    seed: int
    tries: int


class Question(msgspec.Struct, frozen=True):
    """One attempt on one prompt, by one way.

    Attributes:
        key: `way/prompt/attack/try`, unique in a run.
        way: word for how the model is reached.
        prompt, attack: what is asked, and the attack's name.
        attempt: what is said.
    """

    key: str
    way: str
    prompt: Prompt
    attack: str
    attempt: Attempt


def questions(terms: Terms, ways: Sequence[str]) -> Iterator[Question]:
    """Yield every question: way by way within each attempt, so that the ways are asked side by side."""
    for prompt in terms.prompts:
        for name, attack in _attacks(terms, prompt):
            tried = attack.attempts(prompt.text, Draw(terms.seed, name, prompt.id), terms.tries)
            for number, attempt in enumerate(tried):
                for way in ways:
                    yield Question(f"{way}/{prompt.id}/{name}/{number}", way, prompt, name, attempt)


def digest(terms: Terms, ways: Mapping[str, str]) -> str:
    """Return SHA-256 of all that the questions of a run follow from, in hexadecimal.

    Args:
        terms: what is asked.
        ways: word of a way -> what it leads to: the endpoint and the model.
    """
    found = hashlib.sha256(msgspec.json.encode(dict(sorted(ways.items()))))
    for question in questions(terms, tuple(ways)):
        found.update(msgspec.json.encode((question.key, question.attempt)) + b"\n")
    return found.hexdigest()


def _attacks(terms: Terms, prompt: Prompt) -> Iterator[tuple[str, Attack]]:
    for name, attack in terms.attacks.items():
        if name == DIRECT or not (prompt.benign or prompt.copied):
            yield name, attack
