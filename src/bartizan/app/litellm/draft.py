"""What an import finds: services to be, and what it has to say about each line of what it read."""

import enum
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

_DATA: Final = "providers.toml"


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
    """A model that clients ask for by `alias` and the provider knows as `name`; `line` is where it stands."""

    line: int
    alias: str
    name: str


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
    """

    name: str
    protocol: str
    upstream: str
    credential: str
    private: str = ""
    requests: int = 0
    tokens: int = 0
    models: list[Model] = []


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
