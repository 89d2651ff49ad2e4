"""What CONTRIBUTING.md tells a newcomer to do works as it is written there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.structure.sources import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
LONGEST_CONTROL = 40


def _example() -> tuple[Path, str]:
    """Return the path and the text of the control that the page shows how to add."""
    place = re.search(r"`(src/bartizan/\w+/controls/\w+\.py)`:\n\n```python\n(.*?)```", TEXT, re.DOTALL)
    assert place, "CONTRIBUTING.md names a file and shows its text"
    return Path(place.group(1)), place.group(2)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what a newcomer would work in."""
    for folder in ("src", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file in ("conftest.py", "together.py", "purity.py", "test_control.py"):
        shutil.copy(ROOT / "tests" / file, tmp_path / "tests")
    return tmp_path


def _serve(place: Path, control: str) -> subprocess.CompletedProcess[str]:
    """Run the two tests that serve every control, on one of them."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-vv",
            "-p",
            "no:cacheprovider",
            "tests/test_control.py",
            "-k",
            control,
        ],
        cwd=place,
        env={**os.environ, "PYTHONPATH": f"{place / 'src'}:{place}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_control_takes_one_file_of_at_most_40_lines() -> None:
    place, text = _example()
    assert len(text.splitlines()) <= LONGEST_CONTROL
    assert not (ROOT / place).exists(), "the example is a real control now: show another"


@pytest.mark.slow
def test_the_control_of_the_example_is_found_and_served(copy: Path) -> None:
    place, text = _example()
    (copy / place).write_text(text)
    done = _serve(copy, "decision-traceable")
    assert done.returncode == 0, done.stdout + done.stderr
    for test in ("test_every_control_fires_where", "test_every_control_is_silent_where"):
        assert re.search(rf"{test}.*decision-traceable.* PASSED", done.stdout), done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sound", "flawed"),
    [
        ("(_UNNAMED,) if asked.allowed and not asked.policies else ()", "()"),
        ("(_UNNAMED,) if asked.allowed and not asked.policies else ()", "(_UNNAMED,)"),
        ("return (_UNNAMED,)", "__import__('os').listdir('.')\n    return (_UNNAMED,)"),
    ],
    ids=["finds nothing", "finds everything", "looks at the disk"],
)
def test_the_example_with_a_flaw_is_not_served(copy: Path, sound: str, flawed: str) -> None:
    place, text = _example()
    assert sound in text
    (copy / place).write_text(text.replace(sound, flawed))
    done = _serve(copy, "decision-traceable")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr


@pytest.mark.slow
def test_the_example_passes_the_gate(copy: Path) -> None:
    place, text = _example()
    (copy / place).write_text(text)
    tools = Path(sys.executable).parent
    for tool, *rest in (
        ("ruff", "check", str(place)),
        ("ruff", "format", "--check", str(place)),
        ("lint-imports",),
    ):
        done = subprocess.run(
            [tools / tool, *rest],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_that_the_page_names_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^ {4})make ([a-z]+)", TEXT, re.MULTILINE)) <= targets


def test_every_direct_dependency_has_its_reason_written_down() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    record = (ROOT / "docs" / "decisions" / "0007-dependencies.md").read_text()
    rows = {
        name
        for row in re.findall(r"^\| ([a-z0-9-]+(?:, [a-z0-9-]+)*) \|", record, re.MULTILINE)
        for name in row.split(", ")
    }
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(one for extra in extras for one in extra)]
    wanted += [one for group in project["dependency-groups"].values() for one in group]
    assert {Requirement(one).name for one in wanted} - rows == set()


def test_every_relative_link_leads_somewhere() -> None:
    for page in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
            assert (ROOT / link).exists(), f"{page}: {link}"
