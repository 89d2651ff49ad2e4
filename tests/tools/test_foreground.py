"""Running the platform for make: stopping it looks like stopping, dying looks like dying."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.structure.sources import ROOT
from tools.foreground import main

FOREGROUND = (sys.executable, str(ROOT / "tools" / "foreground.py"), sys.executable, "-c")
WAITING = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
pathlib.Path(sys.argv[1]).write_text("ready")
time.sleep(30)
"""


@pytest.mark.parametrize(("code", "returned"), [(0, 0), (1, 1), (3, 3), (130, 0)])
def test_the_code_is_passed_on_and_an_interrupt_is_no_fault(code: int, returned: int) -> None:
    program = [*FOREGROUND, f"raise SystemExit({code})"]
    assert subprocess.run(program, check=False).returncode == returned


def test_a_command_that_does_not_exist_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nonexistent/bartizan"]) == 2
    assert capsys.readouterr().err == "/nonexistent/bartizan: No such file or directory\n"


@pytest.mark.parametrize(("number", "returned"), [(signal.SIGTERM, 7), (signal.SIGHUP, -signal.SIGHUP)])
def test_a_signal_to_the_recipe_reaches_the_command(
    tmp_path: Path, number: signal.Signals, returned: int
) -> None:
    ready = tmp_path / "ready"
    program = [*FOREGROUND, WAITING, str(ready)]
    with subprocess.Popen(program) as running:
        deadline = time.monotonic() + 60
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(number)
        assert running.wait(60) == returned % 256
