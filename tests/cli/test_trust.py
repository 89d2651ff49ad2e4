"""`trust` says what it did, and refuses what it cannot do without doing half of it."""

import json
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_without_an_authority_nothing_is_touched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--remove"]):
        assert run(["trust", "--in", "browsers", *more]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "there is no .bartizan/ca.pem" in said
    assert list(home.iterdir()) == []


def test_what_is_no_authority_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".bartizan").mkdir()
    (home / ".bartizan" / "ca.pem").write_text("nothing of the kind")
    assert run(["trust", "--in", "browsers"]) == Exit.USAGE
    assert "nothing was done" in capsys.readouterr().err


def test_everything_of_ours_is_taken_out_where_the_state_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["trust", "--in", "browsers", "--remove", "--every", "--json"]) == Exit.CLEAN
    assert [each["done"] for each in json.loads(capsys.readouterr().out)["places"]] == ["absent"]


def test_everything_is_not_put_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trust", "--every"]) == Exit.USAGE
    assert "--remove" in capsys.readouterr().err


def test_without_a_home_nobodys_browsers_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOME")
    assert run(["trust", "--in", "browsers", "--remove", "--every"]) == Exit.USAGE
    assert "HOME" in capsys.readouterr().err
