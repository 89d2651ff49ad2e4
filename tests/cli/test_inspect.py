"""`bartizan inspect`: a verdict for a text, and for each line of a batch whatever stands in it."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bartizan
from bartizan.app import inspect_texts
from bartizan.app.inspect_texts import inspect_lines
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.threats.injection import ModelUnreadable

KEY = "AKIAUJZDEGXDNCF32EPF"
HALF_SURE = 0.9


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_text_without_anything_is_clean(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.txt").write_text("Translate 'good morning' to French.\n")
    assert run(["inspect", "a.txt"]) == Exit.CLEAN
    assert capsys.readouterr().out == "nothing found\n"


def test_what_is_found_is_told_by_line_and_column_and_never_repeated(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a.txt").write_text(f"hello\nthe key is {KEY}\n")
    assert run(["inspect", "a.txt"]) == Exit.FINDINGS
    out = capsys.readouterr().out
    assert out.startswith("redact\n")
    assert "2:12" in out
    assert "aws-access-key-id" in out
    assert KEY not in out
    assert run(["inspect", "a.txt", "--profile", "strict", "--json"]) == Exit.FINDINGS
    told = json.loads(capsys.readouterr().out)
    assert (told["action"], told["findings"][0]["start"], told["findings"][0]["end"]) == ("block", 17, 37)


def test_without_a_model_of_injections_nothing_is_said_to_be_clean(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> None:
        raise ModelUnreadable("the model of injections cannot be read; install Bartizan anew")

    inspect_texts._inspector.cache_clear()  # it reads the model once a process
    monkeypatch.setattr(inspect_texts, "load", away)
    (here / "a.txt").write_text("hello\n")
    assert run(["inspect", "a.txt"]) == Exit.UNEVALUATED
    assert "install Bartizan anew" in capsys.readouterr().err


def test_standard_input_is_read(here: Path) -> None:
    command = [str(Path(sys.executable).with_name("bartizan")), "inspect", "-"]
    done = subprocess.run(
        command, input=KEY.encode(), capture_output=True, check=False, cwd=here, timeout=120
    )
    assert (done.returncode, done.stderr) == (Exit.FINDINGS, b"")


def test_a_batch_is_answered_line_by_line_in_order(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    encoded = base64.b64encode(f"the key of my account is {KEY} please keep it".encode()).decode()
    lines: list[object] = [
        {"text": "hello"},
        {"text": KEY, "channel": "tool", "task": "look it up"},
        {"text": encoded, "channel": "response"},
    ]
    (here / "a.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert run(["inspect", "--jsonl", "a.jsonl"]) == Exit.FINDINGS
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["action"] for each in told] == ["allow", "redact", "redact"]
    assert all(set(each) == {"action", "score", "findings", "whole"} for each in told)
    assert told[2]["findings"][0]["reading"] == "base64"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"text": 1}',
        '{"channel": "user"}',
        '{"text": "a", "channel": "moon"}',
        '{"text": "\\ud800"}',
        "\0",
    ],
)
def test_a_line_that_cannot_be_read_is_said_in_its_place(
    here: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (here / "a.jsonl").write_text(f'{{"text": "hello"}}\n{line}\n{{"text": "bye"}}\n')
    assert run(["inspect", "--jsonl", "a.jsonl"]) == Exit.UNEVALUATED
    told = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert ["error" in each for each in told] == [False, True, False]


@given(st.lists(st.binary(max_size=60), max_size=6))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_octets_are_too_bad(lines: list[bytes]) -> None:
    octets = b"\n".join(lines)
    asked = [line for line in io.BytesIO(octets) if line.strip()]
    assert len([*inspect_lines(asked)]) == len(asked)


@pytest.mark.parametrize(
    "words", [["nothing.txt"], ["."], ["-", "--channel", "moon"], ["-", "--profile", "off"]]
)
def test_bad_usage_says_what_is_wrong(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", *words]) in (Exit.USAGE, Exit.UNEVALUATED)
    said = capsys.readouterr().err
    assert said
    assert "Traceback" not in said


def test_a_program_asks_for_the_same(here: Path) -> None:
    del here
    asked = bartizan.inspect  # type: ignore[attr-defined]
    found = asked(f"key {KEY}", channel="tool", profile="strict")
    assert (found.action, found.findings[0].rule) == ("block", "aws-access-key-id")
    assert 0 < found.score < HALF_SURE
    assert asked(f"key {KEY}", profile="observe").action == "flag"
    for words in ({"channel": "moon"}, {"profile": "off"}):
        with pytest.raises(ValueError, match=r"moon|off"):
            asked("x", **words)
