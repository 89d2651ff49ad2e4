"""What an attack of an evaluation is: the texts that a request is put in, and their discovery.

Rules of this file: black box: an attack sees the request and nothing of the model. It is pure, one constant `ATTACK` in
one file of `attacks/`; chance comes from the `Draw` that it is handed. Adding one touches no other file.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Final, Literal

import msgspec

from bartizan.threats.evaluation.draw import Draw

NAME: Final = r"[a-z][a-z0-9-]{0,39}"
"""Form of an attack's name, which goes into the record."""


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation, as the OpenAI API has it."""

    role: Literal["system", "user", "assistant"]
    content: str


class Attempt(msgspec.Struct, frozen=True):
    """One try of an attack.

    Attributes:
        turns: what the user says, one after another; the model answers each, and its last answer is judged.
        opening: messages that come before, as if they had been said.
    """

    turns: tuple[str, ...]
    opening: tuple[Message, ...] = ()


class Attack(msgspec.Struct, frozen=True):
    """One way to ask for what should be refused.

    Attributes:
        name: of the form `NAME`.
        about: what it does, for people.
        source: where it is described.
        attempts: (request, draw, how many tries at most) -> at least one try; a request is lost to the attack
            where any of them gets it answered.
    """

    name: str
    about: str
    source: str
    attempts: Callable[[str, Draw, int], tuple[Attempt, ...]]


class NotAnAttack(TypeError):
    """A file of the folder that holds no attack, or one whose name is taken."""

    def __init__(self, module: str) -> None:
        """Name the module."""
        super().__init__(f"{module}: defines no constant ATTACK of type Attack with a name of its own")
        self.module = module


def discover(folder: ModuleType) -> Mapping[str, Attack]:
    """Return every attack of a package by name, in order of name.

    Raises:
        NotAnAttack: a module without the constant, one of another type, or a name that is taken.
    """
    found: dict[str, Attack] = {}
    for info in pkgutil.iter_modules(folder.__path__):
        module = f"{folder.__name__}.{info.name}"
        attack = getattr(importlib.import_module(module), "ATTACK", None)
        if not isinstance(attack, Attack) or attack.name in found:
            raise NotAnAttack(module)
        found[attack.name] = attack
    return dict(sorted(found.items()))
