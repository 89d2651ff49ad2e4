"""`bartizan evaluate`: what may be said, what is shown, and how it ends."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from tests.threats.scripted import Endpoint, endpoint

FEW = ("--model", "m", "--sample", "2", "--tries", "1")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def giving() -> Iterator[Endpoint]:
    with endpoint(lambda _: "Here are the steps: first open the box, then close it again.") as model:
        yield model


@pytest.fixture
def refusing() -> Iterator[Endpoint]:
    with endpoint(lambda _: "I'm sorry, but I can't help with that.") as model:
        yield model


def test_one_that_gives_everything_is_found(giving: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--url", giving.url, *FEW]) == Exit.FINDINGS
    said = capsys.readouterr().out
    for words in (
        "DIRECT",
        "best-of-n",
        "any attack",
        "over-refusal",
        "ABOVE the ceiling of 10 %",
        "built-in proxy",
        "100.0 %",
    ):
        assert words in said
    assert "report in evaluations/endpoint-" in said
    assert "on record" not in said


def test_one_that_refuses_is_clean_and_told_what_it_refuses_too_much(
    refusing: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "--url", refusing.url, *FEW, "--json"]) == Exit.CLEAN
    found = json.loads(capsys.readouterr().out)
    (way,) = found["ways"]
    assert (way["any"]["hits"], way["over_refusal"]["hits"], way["over_refusal"]["asked"]) == (0, 2, 2)
    assert way["any"]["wilson"][1] < 1
    assert found["on_record"] is False
    assert json.loads((Path(found["folder"]) / "report.json").read_text())["ways"] == found["ways"]


@pytest.mark.slow
def test_a_terminal_sees_how_far_it_is(giving: Endpoint) -> None:
    ours, theirs = pty.openpty()
    words = ("evaluate", "--url", giving.url, *FEW, "--attack", "direct")
    command = (str(Path(sys.executable).with_name("bartizan")), *words)
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, check=False, timeout=120)
    os.close(theirs)
    seen = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert ended.returncode == Exit.FINDINGS
    assert "asking   [######" in seen
    assert "4 of 4" in seen


@pytest.mark.slow
def test_an_interrupted_one_keeps_what_was_answered_and_goes_on(here: Path) -> None:
    began = threading.Event()

    def slowly(_: list[dict[str, str]]) -> str:
        began.set()
        return "I won't."

    with endpoint(slowly) as model:
        words = ("evaluate", "--url", model.url, *FEW, "--rate", "4", "--json")
        command = (str(Path(sys.executable).with_name("bartizan")), *words)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert began.wait(60)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=60)
            assert running.returncode == Exit.INTERRUPTED
            assert b"Traceback" not in err
        asked = len(model.asked)
        (folder,) = (here / "evaluations").iterdir()
        lines = (folder / "answers.jsonl").read_text().splitlines()[1:]
        kept = sum(4 if "/escalation/" in json.loads(line)["key"] else 1 for line in lines)
        assert run([word for word in words if word not in {"--rate", "4"}]) == Exit.CLEAN
        assert len(model.asked) - asked == 2 * (6 + 4) + 2 - kept


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "name a configured service, or an endpoint with --url"),
        (("--url", "http://127.0.0.1:9/v1"), "name the model with --model"),
        (("--url", "ftp://x", "--model", "m"), "must be a URL such as https://api.example.com/v1"),
        (
            ("--url", "http://127.0.0.1:9/v1", "--model", "m", "--judge", "http://127.0.0.1:9"),
            "--judge-model",
        ),
        (
            ("--url", "http://127.0.0.1:9/v1", "--model", "m", "--attack", "charm"),
            "there are best-of-n, direct",
        ),
        (("--url", "http://127.0.0.1:9/v1", "--model", "m", "--way", "gateway"), "there is no such way"),
        (("--url", "http://127.0.0.1:9/v1", "--model", "m", "--prompts", "none.csv"), "none.csv"),
        (("--url", "http://127.0.0.1:9/v1", "--model", "m", "--rate", "0"), "requests a second are needed"),
        (("--url", "http://127.0.0.1:9/v1", "--model", "m", "--key", "env:NOT_SET_HERE"), "is not set"),
        (("other", "--model", "m"), "there is no service of that name"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(
    words: tuple[str, ...], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", *words]) == Exit.USAGE
    assert what in capsys.readouterr().err


def test_an_endpoint_that_is_not_there_is_said_and_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.threats.evaluation.ask._FIRST_PAUSE", 0)
    with endpoint(lambda _: "") as model:
        gone = model.url
    assert run(["evaluate", "--url", gone, *FEW]) == Exit.UNEVALUATED
    assert "does not answer" in capsys.readouterr().err


def test_a_service_of_another_protocol_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bartizan.toml").write_text(
        '[[service]]\nname = "tools"\nupstream = "https://x.example.com"\nprotocol = "mcp"\n'
    )
    assert run(["evaluate", "tools", "--model", "m"]) == Exit.USAGE
    assert 'protocol = "openai"' in capsys.readouterr().err


def test_through_the_gateway_a_platform_must_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "sample"]) == Exit.UNEVALUATED
    assert "bartizan up" in capsys.readouterr().err


def test_a_ceiling_that_is_none_is_refused_in_the_configuration(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for ceiling in ("101", "-1", '"ten"', "1.5"):
        (here / "bartizan.toml").write_text(
            f'[[service]]\nname = "c"\nupstream = "https://x.example.com"\n[service.robustness]\nceiling_percent = {ceiling}\n'
        )
        assert run(["evaluate", "c", "--model", "m"]) == Exit.USAGE
        assert "ceiling_percent" in capsys.readouterr().err
