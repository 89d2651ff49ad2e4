"""Rebuilt files, read by the format's description alone, and sources for them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bartizan.supply.octets import Octets
from bartizan.supply.rebuild.report import Rebuilt, Refusal
from bartizan.supply.rebuild.source import rebuild
from bartizan.supply.scan import known


class Held(NamedTuple):
    """A tensor of a file of safetensors."""

    dtype: str
    shape: tuple[int, ...]
    octets: bytes


def held(octets: bytes) -> Mapping[str, Held]:
    """Return the tensors of a file of safetensors."""
    start = 8 + int.from_bytes(octets[:8], "little")
    tree = json.loads(octets[8:start])
    tree.pop("__metadata__", None)
    return {
        name: Held(
            each["dtype"],
            tuple(each["shape"]),
            octets[start + each["data_offsets"][0] : start + each["data_offsets"][1]],
        )
        for name, each in tree.items()
    }


def metadata(octets: bytes) -> Mapping[str, str]:
    """Return the metadata of a file of safetensors."""
    found: Mapping[str, str] = json.loads(octets[8 : 8 + int.from_bytes(octets[:8], "little")]).get(
        "__metadata__", {}
    )
    return found


def rebuilt(octets: bytes, folder: Path, name: str = "model.bin") -> tuple[Rebuilt | Refusal, bytes]:
    """Rebuild a file in this process; return what is said of it, and what was written."""
    target = os.open(folder / "target", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        said = rebuild(Octets(octets, name), target, tuple(known()))
        return said, os.pread(target, 1 << 26, 0)
    finally:
        os.close(target)


def kept(octets: bytes, folder: Path) -> Mapping[str, Held]:
    """Rebuild a file that can be; return the tensors of the new one."""
    said, new = rebuilt(octets, folder)
    assert isinstance(said, Rebuilt), said
    assert list(held(new)) == list(said.names)
    return held(new)


def word(octets: bytes, folder: Path) -> str:
    """Return why a file is not rebuilt."""
    said, _ = rebuilt(octets, folder)
    assert isinstance(said, Refusal), said
    return said.reason.word
