"""A file that is put into a hidden folder of a signed model: a hook that runs where somebody checks it out."""

from pathlib import Path

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import changed_unnoticed
from bartizan.drill.target import Target

_HOOK = ".git/hooks/post-checkout"


def _change(folder: Path) -> str:
    (folder / _HOOK).write_bytes(b"#!/bin/sh\nexit\n")
    return _HOOK


def _act(target: Target) -> Outcome:
    files = {"config.json": b"{}", ".git/HEAD": b"ref: refs/heads/main\n", ".git/hooks/README": b"none\n"}
    return changed_unnoticed(target, files, _change)


ATTACK = Attack(
    name="signed-planted",
    control="data.integrity-signed",
    title="file planted in a hidden folder",
    skill=2,
    stage=Stage.FILES,
    because="signatures that leave hidden folders out do not notice what is put there, and some of that runs by itself",
    references=("AML.T0010", "CWE-353", "CWE-506"),
    weakening="hidden_left_out",
    act=_act,
)
