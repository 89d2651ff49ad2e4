"""Estimators put together by hand, and real ones with a few octets changed."""

import struct
from functools import cache

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known
from bartizan.supply.subject import ModelFile
from tests.supply.formats.made import made
from tests.supply.pickles.built import framed, mapping, named, text

VERSION = text("1.9.1")
CALLS = named("os", "system")


@cache
def written(name: str) -> bytes:
    """Return a file that the real libraries wrote."""
    return made(f"estimators/{name}")


def judged(octets: bytes) -> ModelFile:
    """Return what is said of a file, by all that a scan knows."""
    return looker(known())(Octets(octets, "model.pkl"), Budget())


def instance(module: str, name: str, /, **attributes: bytes) -> bytes:
    """Return the instructions that push an instance with these attributes."""
    return named(module, name) + b")\x81" + mapping(attributes) + b"b"


def function(**attributes: bytes) -> bytes:
    """Return the instructions that push a FunctionTransformer."""
    place = "sklearn.preprocessing._function_transformer"
    return instance(place, "FunctionTransformer", **{"_sklearn_version": VERSION, **attributes})


def pipeline(*steps: bytes) -> bytes:
    """Return the instructions that push a Pipeline of these."""
    row = b"](" + b"".join(text(f"s{number}") + step + b"\x86" for number, step in enumerate(steps)) + b"e"
    return instance(
        "sklearn.pipeline", "Pipeline", steps=row, memory=b"N", verbose=b"\x89", _sklearn_version=VERSION
    )


def alone(body: bytes) -> ModelFile:
    """Return what is said of the pickle of these instructions."""
    return judged(framed(body))


def changed(octets: bytes, old: bytes, new: bytes, which: int = 0) -> bytes:
    """Return octets with one occurrence of some replaced by as many others."""
    assert len(old) == len(new)
    at = -1
    for _ in range(which + 1):
        at = octets.index(old, at + 1)
    return octets[:at] + new + octets[at + len(old) :]


def whole(*numbers: int) -> bytes:
    """Return numbers of eight octets each."""
    return struct.pack(f"<{len(numbers)}q", *numbers)
