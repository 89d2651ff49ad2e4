"""A weight of a signed model that is changed where it lies; size and time of the file stay as they were."""

import os
from pathlib import Path

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import changed_unnoticed
from bartizan.drill.target import Target

_WEIGHTS = "weights-00002-of-00002.bin"


def _change(folder: Path) -> str:
    file = folder / _WEIGHTS
    before = file.stat()
    with file.open("r+b") as opened:
        opened.seek(2)
        opened.write(b"\x01")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    return _WEIGHTS


def _act(target: Target) -> Outcome:
    files = {"config.json": b"{}", "weights-00001-of-00002.bin": bytes(64), _WEIGHTS: bytes(64)}
    return changed_unnoticed(target, files, _change)


ATTACK = Attack(
    name="signed-altered",
    control="supply.artifact-signed",
    title="weight changed once signed",
    skill=2,
    stage=Stage.FILES,
    because="a model that was good when it was signed is worth as much as what keeps it so: one number is a back door",
    references=("AML.T0018", "AML.T0010", "CWE-354", "CWE-345"),
    weakening="contents_alike",
    act=_act,
)
