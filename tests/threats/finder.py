"""An inspector for tests: the rules that ship, sieved by RE2, made once a process."""

from functools import cache
from pathlib import Path

from bartizan.control import discover
from bartizan.text.mark import Registered
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


def inspector(remembers: int = 64, registered: Registered | None = None) -> Inspector:
    return Inspector(patterns(), discover(controls), bytes(32), remembers, model(), registered)


TINY = Path(__file__).with_name("tiny")
"""A network that adds numbers of words, for all that does not depend on what an encoder knows."""


@cache
def reader() -> Encoder:
    return encoder.read(TINY)


def reading_inspector(remembers: int = 64) -> Inspector:
    return Inspector(patterns(), discover(controls), bytes(32), remembers, model(), encoder=reader())
