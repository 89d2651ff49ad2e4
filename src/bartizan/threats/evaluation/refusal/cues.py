"""The words of `cues.toml`, made ready to be matched."""

import re
from functools import cache
from importlib import resources
from typing import Any

import msgspec


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    able: str
    refusals: list[str]
    turns: list[str]
    offers: list[str]
    gives: list[str]
    vague: list[str]


class Cues(msgspec.Struct, frozen=True):
    """What is looked for in a sentence, in lower case.

    Attributes:
        refusals: it says that something is not done.
        turns: what follows is another matter than what came before.
        offers: it offers something else.
        gives: it gives what was asked for: a step, an instruction, a text.
        vague: it stays general.
    """

    refusals: re.Pattern[str]
    turns: re.Pattern[str]
    offers: re.Pattern[str]
    gives: re.Pattern[str]
    vague: re.Pattern[str]


@cache
def cues() -> Cues:
    """Return them, compiled once.

    Raises:
        msgspec.ValidationError: the file of this installation is damaged.
    """
    octets = resources.files(__package__).joinpath("cues.toml").read_bytes()
    found = msgspec.toml.decode(octets, type=_File)

    def compiled(parts: list[str]) -> Any:  # noqa: ANN401 - a pattern, of a type that msgspec does not know
        return re.compile("|".join(part.replace("{able}", found.able) for part in parts))

    return Cues(*(compiled(getattr(found, name)) for name in Cues.__struct_fields__))
