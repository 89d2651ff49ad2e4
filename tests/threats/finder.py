"""An inspector for tests: the rules that ship, sieved by RE2, made once a process."""

from functools import cache
from pathlib import Path

from bartizan.control import discover
from bartizan.text.mark import Registered
from bartizan.text.names.model import Model as NamesModel
from bartizan.text.names.model import load as load_names
from bartizan.text.patterns import Patterns
from bartizan.text.rule import rules
from bartizan.text.sieving import at_once
from bartizan.threats import controls, encoder
from bartizan.threats.encoder import Encoder
from bartizan.threats.injection import Model, load
from bartizan.threats.inspect import Inspector

SECRET = "AKIAUJZDEGXDNCF32EPF"  # noqa: S105
"""Of the form of a key, drawn at random; it was never good anywhere."""


@cache
def patterns() -> Patterns:
    return at_once(rules())


@cache
def model() -> Model:
    return load()


@cache
def names_model() -> NamesModel:
    return load_names()


def inspector(remembers: int = 64, registered: Registered | None = None) -> Inspector:
    made = Inspector(patterns(), discover(controls), bytes(32), remembers, model(), registered)
    made.names = names_model()
    return made


TINY = Path(__file__).with_name("tiny")
"""A network that adds numbers of words, for all that does not depend on what an encoder knows."""


@cache
def reader() -> Encoder:
    return encoder.read(TINY)


def reading_inspector(remembers: int = 64) -> Inspector:
    return Inspector(patterns(), discover(controls), bytes(32), remembers, model(), encoder=reader())
