"""What the guard found, kept sealed beside the ledger: opened by who may, for a purpose, on record; gone after its time."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Platform, start
from tests.e2e.speaker import Speaker, speaker
from tests.e2e.test_upstream import ask, service

pytestmark = pytest.mark.slow

KEY = "AKIAUJZDEGXDNCF32EPF"
WAIT_S = 240
PURPOSE = ("--purpose", "triage")


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform with a service that keeps evidence, one that keeps none, and one that speaks as it is told."""

    platform: Platform
    asked: list[dict[str, Any]]
    speaker: Speaker

    def ask(self, name: str, *texts: str) -> tuple[int, str]:
        """Return status and id of a request."""
        body = {"model": "m", "messages": [{"role": "user", "content": text} for text in texts]}
        status, fields, _ = ask(self.platform, f"/{name}/v1/chat/completions", body)
        return status, fields["x-request-id"]

    def kept(self, request: str) -> list[dict[str, Any]]:
        answer = self.platform.run("evidence", "list", "--json", "--request", request)
        assert answer.returncode == 0, answer.stderr
        found: list[dict[str, Any]] = json.loads(answer.stdout)
        return found

    def piece(self, request: str) -> dict[str, Any]:
        """Return the one piece of evidence of a request, once it is kept."""
        until(lambda: bool(self.kept(request)))
        (found,) = self.kept(request)
        return found

    def events(self, kind: str, subject: str) -> list[dict[str, Any]]:
        answer = self.platform.run("ledger", "query", "--json", "--kind", kind, "--subject", subject)
        found: list[dict[str, Any]] = json.loads(answer.stdout)
        return found


def until(holds: Callable[[], bool]) -> None:
    for _ in range(WAIT_S * 5):
        if holds():
            return
        time.sleep(0.2)
    pytest.fail(f"not in {WAIT_S} s")


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        port, asked = stack.enter_context(service())
        speaks = stack.enter_context(speaker())
        configuration = 'evidence = "2h"\n' + "".join(
            f'[[service]]\nname = "{name}"\nupstream = "http://localhost:{at}/v1"\n'
            f'allow_private = ["localhost:{at}"]\nguard = "{guard}"\n{more}'
            for name, at, guard, more in (
                ("kept", port, "standard", 'evidence = "30d"\n'),
                ("told", port, "observe", 'evidence = "1h"\n'),
                ("bare", port, "standard", 'evidence = "off"\n'),
                ("plain", port, "standard", ""),
                ("speaks", speaks.port, "standard", 'evidence = "12h"\n'),
            )
        )
        yield Scene(start(stack, configuration=configuration), asked, speaks)


def test_what_was_found_is_kept_sealed_opened_for_a_purpose_and_on_record(scene: Scene) -> None:
    status, request = scene.ask("kept", "hello", f"my key is {KEY}, keep it")
    assert status == 200
    piece = scene.piece(request)
    assert (piece["service"], piece["until"] - piece["at"]) == ("kept", 30 * 86_400 * 10**9)
    sealed = scene.platform.record(request, "threats.evidence.sealed")
    found = scene.platform.record(request, "threats.signal.found")
    assert (sealed["detail"]["digest"], sealed["actor"]) == (piece["digest"], found["actor"])
    opened = scene.platform.run("evidence", "open", piece["id"], *PURPOSE, "--json")
    assert opened.returncode == 0, opened.stderr
    (excerpt,) = json.loads(opened.stdout)["excerpts"]
    assert excerpt["text"] == f"my key is {KEY}, keep it"
    assert excerpt["text"][excerpt["start"] : excerpt["end"]] == KEY
    assert (excerpt["reason"], excerpt["rule"], excerpt["channel"]) == ("secret", "aws-access-key-id", "user")
    shown = scene.platform.run("evidence", "open", piece["id"], "--purpose", "appeal").stdout
    assert f"my key is >>>{KEY}<<<, keep it" in shown
    events = scene.events("threats.evidence.opened", request)
    assert [(each["actor"], each["outcome"], each["detail"]["purpose"]) for each in events] == [
        ("owner", "allowed", "triage"),
        ("owner", "allowed", "appeal"),
    ]
    assert {each["detail"]["digest"] for each in events} == {piece["digest"]}


def test_what_was_said_stands_nowhere_in_the_clear(scene: Scene) -> None:
    _, request = scene.ask("kept", f"my key is {KEY}")
    scene.piece(request)
    for file in [*scene.platform.state.rglob("*")]:
        if file.is_file() and not file.is_socket():
            assert KEY.encode() not in file.read_bytes(), file


def test_what_an_answer_said_is_kept_too_whole_or_streamed(scene: Scene) -> None:
    scene.speaker.says = ["your key is AKIA", "UJZDEGXDN", "CF32EPF, ", "keep it well"]
    for stream in (False, True):
        body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "say it"}]}
        status, fields, answer = ask(scene.platform, "/speaks/v1/chat/completions", body)
        assert (status, KEY.encode() in answer) == (200, False)
        piece = scene.piece(fields["x-request-id"])
        opened = scene.platform.run("evidence", "open", piece["id"], *PURPOSE, "--json")
        (excerpt,) = json.loads(opened.stdout)["excerpts"]
        assert excerpt["text"][excerpt["start"] : excerpt["end"]] == KEY
        assert excerpt["text"].startswith("your key is ")
        assert excerpt["channel"] == "response"


def test_observe_keeps_evidence_too_and_a_service_without_keeps_none(scene: Scene) -> None:
    _, bare = scene.ask("bare", f"my key is {KEY}")
    _, told = scene.ask("told", f"my key is {KEY}")
    scene.piece(told)
    scene.platform.record(bare, "threats.signal.found")
    assert scene.kept(bare) == []


def test_a_service_that_says_nothing_keeps_it_as_the_platform_says(scene: Scene) -> None:
    _, request = scene.ask("plain", f"my key is {KEY}")
    piece = scene.piece(request)
    assert piece["until"] - piece["at"] == 2 * 3_600 * 10**9


def test_what_is_harmless_leaves_nothing(scene: Scene) -> None:
    _, harmless = scene.ask("kept", "Translate 'good morning' to French.")
    _, found = scene.ask("kept", f"my key is {KEY}")
    scene.piece(found)
    assert scene.kept(harmless) == []


def test_evidence_that_is_erased_is_gone_and_that_is_on_record(scene: Scene) -> None:
    _, request = scene.ask("kept", f"my key is {KEY}")
    piece = scene.piece(request)
    assert scene.platform.run("evidence", "erase", piece["id"]).stdout == "1 erased\n"
    assert scene.kept(request) == []
    erased = scene.platform.record(request, "threats.evidence.erased")
    assert erased["actor"] == "owner"
    assert erased["detail"] == {"service": "kept", "digest": piece["digest"], "reason": "asked"}
    again = scene.platform.run("evidence", "open", piece["id"], *PURPOSE)
    assert again.returncode == 2
    assert "bartizan evidence list" in again.stderr


def test_a_purpose_is_one_of_a_few_words(scene: Scene) -> None:
    _, request = scene.ask("kept", f"my key is {KEY}")
    piece = scene.piece(request)
    assert scene.platform.run("evidence", "open", piece["id"]).returncode == 2
    assert scene.platform.run("evidence", "open", piece["id"], "--purpose", "curiosity").returncode == 2
    assert scene.events("threats.evidence.opened", request) == []
