"""`bartizan canary`: a mark that is printed once, registered by its digest, and found in a file."""

import json
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.text.mark import digest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_printed_registers_the_mark_and_says_nothing_of_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["canary", "make", "handbook"]) == Exit.CLEAN
    said = capsys.readouterr()
    word = said.out.strip()
    assert word not in said.err
    lines = said.err[said.err.index("[[canary]]") :]
    (here / "bartizan.toml").write_text(lines)
    assert digest(word) in lines
    (here / "a.txt").write_text(f"Chapter one.\n{' '.join(word.upper())}\n")
    assert run(["canary", "find", "a.txt"]) == Exit.FINDINGS
    assert capsys.readouterr().out == "handbook\n"
    (here / "b.txt").write_text(lines)
    assert run(["canary", "find", "b.txt", "--json"]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out) == {"found": []}


def test_no_two_marks_are_alike(capsys: pytest.CaptureFixture[str]) -> None:
    made = []
    for _ in range(2):
        assert run(["canary", "make", "a", "--json"]) == Exit.CLEAN
        made.append(json.loads(capsys.readouterr().out))
    assert made[0]["mark"] != made[1]["mark"]
    assert made[0]["digest"] != made[1]["digest"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make", "A b"], "is no name"),
        (["find", "a.txt"], "no mark is registered"),
        (["make"], "NAME"),
        ([], "make|find"),
    ],
)
def test_what_is_wrong_is_said(
    here: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a.txt").write_text("x")
    assert run(["canary", *words]) == Exit.USAGE
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err


def test_a_file_that_is_not_there_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bartizan.toml").write_text(f'[[canary]]\nname = "a"\ndigest = "{"0" * 64}"\n')
    assert run(["canary", "find", "away.txt"]) != Exit.CLEAN
    assert "away.txt" in capsys.readouterr().err
