"""What an import finds: services to be, and what it has to say about each line of what it read."""

import enum
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

_DATA: Final = "providers.toml"
_FORM: Final = re.compile(r"[ -~]{1,256}")
"""What the name of a model may be here (`app.forms.Model`)."""


class Verdict(enum.Enum):
    """What became of a setting."""

    TAKEN = "taken over"
    CHANGED = "changed"
    LEFT = "left out"
    REFUSED = "not copied"


class Note(msgspec.Struct, frozen=True):
    """What became of one setting.

    Attributes:
        line: where it stands, from 1.
        key: its path, as people write it.
        verdict: what became of it.
        what: why, and what to do; never a value of the document that may be a secret.
    """

    line: int
    key: str
    verdict: Verdict
    what: str


class Model(msgspec.Struct, frozen=True):
    """A model that clients ask for by `alias` and the provider knows as `name`; `line` and `key` are where it stands."""

    line: int
    key: str
    alias: str
    name: str


class Spare(msgspec.Struct):
    """A further target of a service to be.

    Attributes:
        name: of it.
        place: the service that the models are at by themselves: its address, credential and privacy are the target's.
        models: names that clients ask for, each with the one that is asked for there.
        weight: beside the other targets; 0 is asked only where no other is fit.
    """

    name: str
    place: "Draft"
    models: dict[str, str]
    weight: int


class Draft(msgspec.Struct):
    """A service to be.

    Attributes:
        name: of it.
        protocol: word of the configuration for what its clients speak.
        upstream: its URL.
        credential: reference to the key that it wants, or empty.
        private: host and port, where the URL names a private address or one without TLS.
        requests, tokens: a minute, of its deployments together; 0 where they do not say.
        models: those behind it.
        targets: further ones.
        home: name of the service that it is a target of and no more; empty where clients reach it by itself.
    """

    name: str
    protocol: str
    upstream: str
    credential: str
    private: str = ""
    requests: int = 0
    tokens: int = 0
    models: list[Model] = []
    targets: list[Spare] = []
    home: str = ""

    @property
    def named(self) -> dict[str, str]:
        """Alias -> the model's name here; none that stands for two models, for any, or that no alias here can be."""
        names: dict[str, set[str]] = {}
        for model in self.models:
            names.setdefault(model.alias, set()).add(model.name)
        return {
            alias: min(found)
            for alias, found in names.items()
            if len(found) == 1 and "*" not in alias and all(map(_FORM.fullmatch, (alias, *found)))
        }


class Found(msgspec.Struct):
    """Everything that an import finds.

    Attributes:
        services: to be, in the order of the document; the first is the default.
        notes: on every setting.
        remarks: lines that stand in the new file as comments, for what has no place there.
        environment: variables that have to be set before Bartizan starts.
    """

    services: list[Draft] = []
    notes: list[Note] = []
    remarks: list[str] = []
    environment: list[str] = []

    def note(self, line: int, key: str, verdict: Verdict, what: str) -> None:
        """Say what became of a setting."""
        self.notes.append(Note(line, key, verdict, what))


class Provider(msgspec.Struct, frozen=True):
    """A provider that a protocol of the gateway leads to.

    Attributes:
        protocol: word of the configuration.
        base: URL where a configuration names none, or empty.
        credential: variable that its key is read from where a configuration names none, or empty.
        path: of its OpenAI-compatible API where that is not below the URL that configurations name, or empty.
    """

    protocol: str
    base: str = ""
    credential: str = ""
    path: str = ""


class Known(msgspec.Struct, frozen=True):
    """What is known about LiteLLM's providers and settings (`providers.toml`)."""

    provider: Mapping[str, Provider]
    advice: Mapping[str, str]


def known() -> Known:
    """Return what is known; read from the package."""
    text = resources.files(__package__).joinpath(_DATA).read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Known)
