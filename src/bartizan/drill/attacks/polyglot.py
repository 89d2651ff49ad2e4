"""Files that are tensors to whom begins at the front, and something that runs to whom asks for a name or begins at the end."""

import io
import json
import struct
import zipfile

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import taken_for_data
from bartizan.drill.target import Target

_PICKLE = b"\x80\x04\x8c\x0cnobody_lists\x8c\x04load\x93)R."


def _tensors(between: bytes = b"", padding: bytes = b"") -> bytes:
    """Return a file of two tensors, with these octets between them, and with the header padded."""
    second = 8 + len(between)
    header = {
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [second, second + 8]},
    }
    text = json.dumps(header).encode() + padding
    return struct.pack("<Q", len(text)) + text + bytes(8) + between + bytes(8)


def _archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), _PICKLE)
    return held.getvalue()


def _act(target: Target) -> Outcome:
    return taken_for_data(
        target,
        {"sound.safetensors": _tensors(), "sound.bin": _tensors()},
        {
            "an archive behind tensors.safetensors": _tensors() + _archive(),
            "a pickle between tensors.safetensors": _tensors(_PICKLE),
            "a pickle behind a header.safetensors": _tensors(padding=b"\0" + _PICKLE),
            "a script before an archive.bin": b"#!/bin/sh\nexit\n" + _archive(),
        },
    )


ATTACK = Attack(
    name="polyglot",
    control="supply.model-file-inert",
    title="tensors and an archive in one",
    skill=3,
    stage=Stage.FILES,
    because="who trusts an extension, or the first octets, lets in what the loader finds elsewhere in the same file",
    references=("AML.T0011.000", "AML.T0010.003", "CWE-434", "CWE-646"),
    weakening="octets_left",
    act=_act,
)
