"""The hot path as machine code: the gateway's tests hold for it, and the drill breaks nothing of it."""

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e import conftest

ROOT = Path(__file__).parents[2]
LONGEST_S = 1000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an interpreter of an environment of its own, with the same packages, in which the hot path is compiled."""
    place = tmp_path_factory.mktemp("compiled") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=LONGEST_S)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(place)}))
    own.joinpath("shared.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")
    interpreter = str(place / "bin" / "python")
    made = run(interpreter, "-m", "tools.compile")
    assert made.returncode == 0, made.stderr
    assert "modules in" in made.stdout
    return interpreter


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False)


def test_compiling_again_finds_nothing_to_do(python: str) -> None:
    again = run(python, "-m", "tools.compile")
    assert (again.returncode, again.stdout) == (0, "")


def test_the_gateway_and_its_tls_keep_their_promises_compiled(python: str) -> None:
    words = (
        "-m",
        "pytest",
        "-p",
        "tests.with_compiled",
        "-m",
        "not sources",
        "tests/gateway",
        "tests/crypto",
    )
    told = run(python, *words)
    assert told.returncode == 0, told.stdout[-4000:]


@pytest.fixture
def running(python: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[conftest.Platform]:
    monkeypatch.setattr(conftest, "COMMAND", (python, "-m", "bartizan"))
    with ExitStack() as stack:
        yield conftest.start(stack)


def test_workers_are_compiled_and_say_so_and_hold_in_the_drill(running: conftest.Platform) -> None:
    serving = [each for each in running.status()["processes"] if each["state"] == "serving"]
    assert [each["compiled"] for each in serving] == [True]
    assert "; compiled" in running.run("status").stdout
    drilled = running.run("drill", "--json")
    assert drilled.returncode == 0, drilled.stdout[-4000:]
    assert running.run("ledger", "verify").returncode == 0
