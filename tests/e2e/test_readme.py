"""What README shows is what the command prints, but for figures, paths and the line of the installer."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
LAST = "Ctrl-C stops"


def shape(lines: list[str]) -> list[str]:
    """Return lines without what differs from machine to machine: numbers, paths of the command, spaces."""
    text = "\n".join(lines)
    text = re.sub(r"\S*/bartizan (?=[a-z])", "bartizan ", text)
    text = re.sub(r"#?\d+(\.\d+)?(-\d+)?", "N", text)
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines()]


def shown() -> list[str]:
    """Return the transcript in README, from the line after the installer's."""
    lines = README.read_text().splitlines()
    start = lines.index("    $ make up")
    end = next(at for at, line in enumerate(lines) if line.strip().startswith(LAST))
    block = [line.removeprefix("    ") for line in lines[start + 1 : end + 1]]
    assert block[0].startswith("environment  .venv, ")
    return block[1:]


def test_the_transcript_is_what_the_command_prints(tmp_path: Path) -> None:
    command = [*COMMAND, "up", "--port", "0"]
    printed: list[str] = []
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as up:
        assert up.stdout is not None
        for line in up.stdout:
            printed.append(line.rstrip("\n"))
            if line.startswith(LAST):
                break
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 130
    assert shape(printed) == shape(shown())
