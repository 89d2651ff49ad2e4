"""Disarming: whatever comes of octets is proven inert, or nothing does; each tensor is as large as its type and shape say."""

import json
import os

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.rebuild.report import Rebuilt
from bartizan.supply.rebuild.source import rebuild
from bartizan.supply.scan import known
from bartizan.supply.subject import Standing
from fuzz.target import Target
from tests.supply.pickles.written import FLOATS, checkpoint, old, state, storage, tensor

_FORMATS = tuple(known())
_LOOK = looker(_FORMATS)
_W = tensor(storage("0", 6), (2, 3), (1, 2))
_SYSTEM = b"cposix\nsystem\nX\2\0\0\0id\x85R"
_MODULE = b"ctorch.nn\nLinear\n)\x81}X\6\0\0\0weight" + _W + b"sb"


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    octets = checkpoint(data[1:], {"0": FLOATS}) if data[0] % 2 else data[1:]
    target = os.memfd_create("rebuilt")
    try:
        said = rebuild(Octets(octets, "model"), target, _FORMATS)
        new = os.pread(target, 1 << 30, 0)
    finally:
        os.close(target)
    if not isinstance(said, Rebuilt):
        assert said.reason.what.isprintable()
        return f"{said.format} {said.reason.word}"
    found = _LOOK(Octets(new, "new"), Budget())
    assert (found.format, found.standing) == ("safetensors", Standing.INERT), found
    start = 8 + int.from_bytes(new[:8], "little")
    names = [each for each in json.loads(new[8:start]) if each != "__metadata__"]
    assert list(said.names) == names
    assert len(new) - start == said.octets
    return f"{said.format} {said.verdict.value}"


TARGET = Target(
    modules=(
        "bartizan.supply.rebuild.flatten",
        "bartizan.supply.rebuild.salvage",
        "bartizan.supply.rebuild.torch",
        "bartizan.supply.rebuild.views",
    ),
    run=run,
    seeds=(
        b"\1" + state({"w": _W, "e": _SYSTEM}),
        b"\1\x80\2" + _MODULE + b".",
        b"\0"
        + old(state({"w": tensor(storage("0", 6, old=True), (2, 3), (0, 2)), "e": _SYSTEM}), {"0": FLOATS}),
        b"\0\x80\2cposix\nsystem\n.",
    ),
    words=(_SYSTEM, _W, _MODULE, b"}(", b"ub", b"](", b"e"),
    longest=2048,
)
