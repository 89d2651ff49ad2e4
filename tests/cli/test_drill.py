"""The drill as a command: what it is asked for, and how it ends."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.app.catalogue import catalogue
from bartizan.cli.command import Exit
from bartizan.cli.main import run

COMMAND = str(Path(sys.executable).with_name("bartizan"))


def typed(*words: str) -> None:
    """Run the command in a process of its own: a platform outlives the command that started it."""
    subprocess.run([COMMAND, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def state() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as name:
        state = f"{name}/state"
        typed("up", "--detach", "--no-drill", "--port", "0", "--state", state)
        yield state
        typed("down", "--state", state)


def test_a_control_that_does_not_exist_cannot_be_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", "--require", "access.nothing"]) == Exit.USAGE
    assert "there is no control access.nothing" in capsys.readouterr().err


@pytest.mark.slow
def test_one_attack_is_tried_and_stands_in_the_record(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["drill", "token-missing", "--json", "--state", state]) == Exit.CLEAN
    document = json.loads(capsys.readouterr().out)
    (attack,) = document["attacks"]
    assert (attack["attack"], attack["verdict"]) == ("token-missing", "held")
    run(["ledger", "query", "--kind", "drill.attack", "--json", "--state", state])
    assert json.loads(capsys.readouterr().out)[-1]["entry"] == attack["ledger"]["entry"]
    run(["status", "--json", "--state", state])
    rows = {row["control"]: row for row in json.loads(capsys.readouterr().out)["controls"]}
    row = rows[attack["control"]]
    others = [each for each in catalogue().attacks.values() if each.control == attack["control"]]
    assert (row["held"], row["tried"], row["standing"]) == (1, len(others), "NOT PROVEN")


@pytest.mark.slow
def test_what_is_required_and_not_proven_is_a_finding(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["drill", "token-missing", "--require", "supply.bom-current", "--state", state]
    assert run(words) == Exit.FINDINGS
    assert "Required, but not proven: supply.bom-current" in capsys.readouterr().out


@pytest.mark.parametrize("file", ["none/x.sarif", "."])
def test_sarif_that_cannot_be_written_is_refused_before_the_drill(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["drill", "--sarif", file]) == Exit.USAGE
    assert "argument --sarif: " in capsys.readouterr().err


@pytest.mark.slow
def test_sarif_is_written_beside(state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "drill.sarif"
    run(["drill", "token-missing", "secret-asked-for", "--sarif", str(file), "--state", state])
    written = json.loads(file.read_text())
    assert written["version"] == "2.1.0"
    assert "SARIF in" in capsys.readouterr().out


@pytest.mark.slow
def test_names_that_fit_nothing_are_refused(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", "token-mising", "--state", state]) == Exit.USAGE
    assert run(["drill", "--target", "nobody", "--state", state]) == Exit.USAGE
    assert "known are sample" in capsys.readouterr().err
