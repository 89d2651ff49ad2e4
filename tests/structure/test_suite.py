"""How the suite runs is itself tested: what stood aside is named, in CI it is a failure, and slow tests come last.

That holds in one process and, as `make test` runs it, in several.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.structure.sources import ROOT
from tests.together import PROCESSORS, first_slow

SUITE = """
import pytest
from hypothesis import given, strategies

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.skip(reason="needs a moon")
def test_aside(): pass

@given(strategies.integers())
def test_property(number): assert number == number
"""


ABSENT = """
import pytest
pytest.importorskip("no_such_module")
"""

SHARING = """
from pathlib import Path
import pytest

@pytest.fixture(scope="module")
def dear():
    with Path("made").open("a") as made:
        made.write("x")

@pytest.mark.parametrize("number", range(9))
@pytest.mark.slow
def test_shares(dear, number): pass
"""

BESIDE = """
import time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_fast(number):
    end = time.monotonic() + 60
    while not Path("begun").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
"""

BEGINS = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(2))
@pytest.mark.slow
def test_slow(number): Path("begun").touch()
"""

HANGS = """
import threading

def test_hangs(): threading.Event().wait(60)

def test_ends(): pass
"""


def _together() -> tuple[str, ...]:
    """Return with which options make runs the whole suite, but in two processes on every machine."""
    words = re.search(r"^TOGETHER := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert words
    return (*words[1].split(), "--numprocesses", "2")


TOGETHER = _together()


def _suite(place: Path, text: str, *options: str, ci: str) -> subprocess.CompletedProcess[str]:
    (place / "tests").mkdir(exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", place)
    for file in ("conftest.py", "together.py"):
        shutil.copy(ROOT / "tests" / file, place / "tests")
    shutil.copytree(ROOT / "tools", place / "tools", dirs_exist_ok=True)
    (place / "tests" / "test_planted.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *options],
        cwd=place,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
@pytest.mark.slow
def test_a_test_that_stood_aside_is_named_and_fails_in_ci_only(tmp_path: Path, ci: str, code: int) -> None:
    done = _suite(tmp_path, SUITE, ci=ci)
    assert done.returncode == code, done.stdout
    assert "tests/test_planted.py::test_aside: needs a moon" in done.stdout
    assert "2 passed, 1 skipped" in done.stdout


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
@pytest.mark.slow
def test_a_file_that_stood_aside_counts_too(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_present.py").write_text("def test_present(): pass")
    done = _suite(tmp_path, ABSENT, ci=ci)
    assert done.returncode == code, done.stdout
    assert "could not import 'no_such_module'" in done.stdout


@pytest.mark.parametrize("how", [(), TOGETHER], ids=["one process", "several"])
@pytest.mark.slow
def test_a_whole_run_in_ci_passes(tmp_path: Path, how: tuple[str, ...]) -> None:
    done = _suite(tmp_path, "def test_present(): pass", *how, ci="true")
    assert done.returncode == 0, done.stdout
    assert "not run" not in done.stdout
    assert "1 passed" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_in_several_processes_all_that_stood_aside_is_named_and_what_a_file_shares_is_made_once(
    tmp_path: Path,
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_absent.py").write_text(ABSENT)
    (tmp_path / "tests" / "test_sharing.py").write_text(SHARING)
    done = _suite(tmp_path, SUITE, *TOGETHER, ci="true")
    assert done.returncode == 1, done.stdout
    assert "tests/test_planted.py::test_aside: needs a moon" in done.stdout
    assert "could not import 'no_such_module'" in done.stdout
    assert "11 passed, 2 skipped" in done.stdout.splitlines()[-1]
    assert (tmp_path / "made").read_text() == "x"


@pytest.mark.slow
def test_a_process_more_than_there_are_processors_begins_with_the_slow_tests(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_begins.py").write_text(BEGINS)
    done = _suite(tmp_path, BESIDE, "--numprocesses", str(PROCESSORS + 1), ci="true")
    assert done.returncode == 0, done.stdout
    assert "1002 passed" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_slow_tests_run_last_and_properties_are_marked(tmp_path: Path) -> None:
    done = _suite(tmp_path, SUITE, "--collect-only", "-q", ci="")
    order = [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert order == ["test_aside", "test_property", "test_slow"]
    chosen = _suite(tmp_path, SUITE, "-m", "property", ci="")
    assert "1 passed, 2 deselected" in chosen.stdout


def test_the_slow_tests_begin_where_the_files_do_so_anew() -> None:
    fast = ["tests/a/test_x.py", "tests/a/test_x.py", "tests/b/test_a.py", "tests/test_a.py"]
    assert first_slow([*fast, "tests/a/test_x.py", "tests/b/test_z.py"]) == len(fast)
    assert first_slow([*fast, "tests/e/test_long.py", "tests/a/test_x.py"]) == len(fast)
    assert (first_slow(fast), first_slow([])) == (len(fast), 0)


def test_fuzzing_tries_a_hundred_times_as_many_examples() -> None:
    assert settings.get_profile("fuzz").max_examples == 100 * settings.get_profile("default").max_examples


@pytest.mark.slow
def test_a_test_that_hangs_fails_and_says_where_and_the_others_still_run(tmp_path: Path) -> None:
    done = _suite(tmp_path, HANGS, "-o", "faulthandler_timeout=1", *TOGETHER, ci="true")
    assert done.returncode == 1
    assert "in test_hangs" in done.stderr
    assert "crashed while running 'tests/test_planted.py::test_hangs'" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
