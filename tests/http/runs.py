"""Runs of schedules that wait until a test tells them to end, as real processes of a real control process."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.plan import Schedule
from tests.http.platform import Control

AUDIT = Schedule("audit", "audit", 86_400)
DRILL = Schedule("drill", "drill", 86_400)

_WAITS = """
import os, pathlib, sys, time
from bartizan.isolation.kernel import die_with_parent
die_with_parent(9)
_, _, run, state, parent = sys.argv
if os.getppid() != int(parent):
    sys.exit(130)
run_folder = pathlib.Path(state, "run")
with open(run_folder / f"began-{run}", "a") as file:
    file.write("x")
go = run_folder / f"go-{run}"
while not go.exists():
    time.sleep(0.01)
status = int(go.read_text())
go.unlink()
sys.exit(status)
"""
LAUNCH = (sys.executable, "-I", "-c", _WAITS)
"""How a process is started that ends once it is let go, with the status that it is told."""


def let_go(control: Control, run: str, status: int = 0) -> None:
    """Let a run end."""
    draft = control.folder.run / f"draft-{run}"
    draft.write_text(str(status))
    draft.rename(control.folder.run / f"go-{run}")


def began(control: Control, run: str) -> int:
    """Return how often a run has begun."""
    file = control.folder.run / f"began-{run}"
    return len(file.read_text()) if file.exists() else 0


def shown(control: Control, name: str) -> dict[str, Any]:
    """Return what is told of a schedule."""
    found: dict[str, Any] = next(
        each for each in control.ask("GET", "/admin/v1/schedules").json["items"] if each["name"] == name
    )
    return found


def until(look: Callable[[], bool]) -> None:
    """Return once it is so."""
    for _ in range(6000):
        if look():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


def children(pid: int) -> list[int]:
    """Return the living processes that a process has started."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            state, parent = (path / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(path.name))
    return found
