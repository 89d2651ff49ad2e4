"""What runs `scan` in CI: each does what its file says, by the shell that it names, and nothing that a name holds is run."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bartizan.cli import scan
from bartizan.cli.command import Exit, parse
from tests.structure.sources import ROOT

BAD = b"\0 of no format"


def read(name: str) -> list[Any]:
    return list(yaml.safe_load_all((ROOT / name).read_text()))


def ran(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a runner does: `bash -e`, in the working folder, with the inputs in the environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "GITHUB_ACTION_PATH": str(folder / "action"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "action/.venv/bin").mkdir(parents=True)
    (tmp_path / "action/.venv/bin/bartizan").symlink_to(Path(sys.executable).with_name("bartizan"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.txt").write_text("words\n")
    (tmp_path / "b c.txt").write_text("words\n")
    return tmp_path


def action(folder: Path, path: str = "models", baseline: str = "") -> subprocess.CompletedProcess[str]:
    (document,) = read("action.yml")
    step = document["runs"]["steps"][-1]
    given = {"path": path, "baseline": baseline}
    inputs = {name: given.get(name, one["default"]) for name, one in document["inputs"].items()}
    environment = {
        variable: inputs[text.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, text in step["env"].items()
    }
    return ran(step["run"], folder, **environment)


def gitlab(folder: Path, path: str = "models", baseline: str = "") -> subprocess.CompletedProcess[str]:
    _, document = read("templates/scan.yml")
    (script,) = document["bartizan-scan"]["script"]
    return ran(script, folder, BARTIZAN_PATH=path, BARTIZAN_BASELINE=baseline)


Job = Callable[..., subprocess.CompletedProcess[str]]
EACH = pytest.mark.parametrize("job", [action, gitlab])


@EACH
def test_it_fails_unless_all_is_inert_and_leaves_sarif_behind(job: Job, here: Path) -> None:
    assert job(here).returncode == Exit.CLEAN
    (here / "models/b").write_bytes(BAD)
    done = job(here)
    assert (done.returncode, done.stderr) == (Exit.UNEVALUATED, "")
    assert "format-unknown" in done.stdout
    assert '"format-unknown"' in (here / "bartizan.sarif").read_text()


@EACH
def test_what_was_accepted_passes_until_it_changes(job: Job, here: Path) -> None:
    (here / "models/b").write_bytes(BAD)
    ran("bartizan scan models --write-baseline accepted.json || true", here)
    assert job(here, baseline="accepted.json").returncode == Exit.CLEAN
    (here / "models/b").write_bytes(BAD + b"!")
    assert job(here, baseline="accepted.json").returncode == Exit.UNEVALUATED


@EACH
@pytest.mark.parametrize(
    "path", ["$(touch run)", "`touch run`", "x; touch run", '"; touch run; "', "--help", "-", "*"]
)
def test_no_input_is_taken_for_a_command(job: Job, path: str, here: Path) -> None:
    done = job(here, path=path)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert not (here / "run").exists()


def test_several_paths_stand_one_a_line(here: Path) -> None:
    done = action(here, "models\n\n  \nb c.txt\n")
    assert (done.returncode, done.stderr) == (Exit.CLEAN, "")
    assert done.stdout.startswith("2 files")


def test_nothing_of_an_input_stands_in_a_script() -> None:
    (document,) = read("action.yml")
    assert all("${{" not in step["run"] for step in document["runs"]["steps"])
    _, job = read("templates/scan.yml")
    assert all("$[[" not in line for line in job["bartizan-scan"]["script"])


def test_the_installer_that_the_action_runs_is_there() -> None:
    (document,) = read("action.yml")
    _, script, what = shlex.split(document["runs"]["steps"][0]["run"])
    assert (ROOT / script.removeprefix("$GITHUB_ACTION_PATH/")).is_file()
    assert (ROOT / "requirements" / f"{what}.txt").is_file()


def test_the_hook_takes_names_of_files_and_a_baseline() -> None:
    ((hook,),) = read(".pre-commit-hooks.yaml")
    _, command, *more = hook["entry"].split()
    assert command == scan.COMMAND.name
    arguments = parse(scan.COMMAND, [*more, "--baseline", "accepted.json", "a.pt", "b c.pt"])
    assert [each.name for each in arguments.path] == ["a.pt", "b c.pt"]
    assert hook["language"] == "python"
