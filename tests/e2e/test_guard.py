"""The guard in the way of a user's own services: what it takes out, holds back and tells, and that nothing passes without it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Platform, start
from tests.e2e.test_upstream import ask, service

pytestmark = pytest.mark.slow

KEY = "AKIAUJZDEGXDNCF32EPF"
GUARDS = ("observe", "standard", "strict")
WAIT_S = 240


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform with a service of each guard, all of them at one place, and what that was asked."""

    platform: Platform
    asked: list[dict[str, Any]]

    def ask(self, guard: str, *texts: str) -> tuple[int, dict[str, str], bytes]:
        body = {"model": "m", "messages": [{"role": "user", "content": text} for text in texts]}
        return ask(self.platform, f"/{guard}/v1/chat/completions", body)

    def inspector(self) -> dict[str, Any]:
        """Return what the status says of the inspector; nothing while there is none."""
        processes = self.platform.status()["processes"]
        return next((dict(each) for each in processes if each["kind"] == "inspector"), {})


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        port, asked = stack.enter_context(service())
        configuration = "".join(
            f'[[service]]\nname = "{guard}"\nupstream = "http://localhost:{port}/v1"\n'
            f'allow_private = ["localhost:{port}"]\nguard = "{guard}"\n'
            for guard in GUARDS
        )
        yield Scene(start(stack, configuration=configuration), asked)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(WAIT_S * 10):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail(f"not in {WAIT_S} s")


def test_what_is_harmless_goes_through_every_guard_as_it_came(scene: Scene) -> None:
    for guard in GUARDS:
        status, _, _ = scene.ask(guard, "Translate 'good morning' to French.")
        assert status == 200
        assert scene.asked[-1]["body"]["messages"][0]["content"] == "Translate 'good morning' to French."


def test_standard_takes_a_key_out_and_says_so_on_record(scene: Scene) -> None:
    status, fields, _ = scene.ask("standard", "hello", f"my key is {KEY}, keep it")
    assert status == 200
    messages = scene.asked[-1]["body"]["messages"]
    assert [each["content"] for each in messages] == ["hello", "my key is [redacted: secret], keep it"]
    found = scene.platform.record(fields["x-request-id"], "threats.signal.found")
    assert (found["outcome"], found["control"]) == ("found", "threats.leakage")
    assert found["detail"] == {
        "service": "standard",
        "reason": "secret",
        "rule": "aws-access-key-id",
        "channel": "user",
        "severity": "high",
        "confidence": "high",
        "action": "redact",
        "count": 1,
    }


def test_strict_holds_it_back_by_name(scene: Scene) -> None:
    before = len(scene.asked)
    status, fields, answer = scene.ask("strict", f"my key is {KEY}")
    assert (status, len(scene.asked)) == (400, before)
    assert b'"code":"secret"' in answer
    assert KEY.encode() not in answer
    refused = scene.platform.record(fields["x-request-id"], "gateway.request.refused")
    assert (refused["control"], refused["detail"]["reason"]) == ("threats.leakage", "secret")
    explained = scene.platform.run("explain", fields["x-request-id"]).stdout
    assert "refused with 400: secret, says threats.leakage" in explained
    assert "held it back" in explained
    assert "secret (rule aws-access-key-id) in the user's words, once" in explained


def test_strict_takes_names_out_and_no_other_guard_looks_for_them(scene: Scene) -> None:
    said = "Dear Ms. Quorvath, my name is Aylin Demir and I live in Oslo."
    for guard in GUARDS:
        status, fields, _ = scene.ask(guard, said)
        assert status == 200
        came = scene.asked[-1]["body"]["messages"][0]["content"]
        if guard == "strict":
            mark = "[redacted: names]"
            assert came == f"Dear Ms. {mark}, my name is {mark} and I live in {mark}."
            explained = scene.platform.run("explain", fields["x-request-id"]).stdout
            assert "names (rule person-name) in the user's words, 2 times" in explained
            assert "names (rule place) in the user's words, once" in explained
        else:
            assert came == said


def test_observe_changes_nothing_and_tells_all_the_same(scene: Scene) -> None:
    status, fields, _ = scene.ask("observe", f"my key is {KEY}")
    assert status == 200
    assert KEY in scene.asked[-1]["body"]["messages"][0]["content"]
    found = scene.platform.record(fields["x-request-id"], "threats.signal.found")
    assert (found["detail"]["reason"], found["detail"]["action"]) == ("secret", "flag")


def test_nothing_that_was_said_stands_in_the_record_or_the_log(scene: Scene) -> None:
    for file in [*scene.platform.state.rglob("*")]:
        if file.is_file() and not file.is_socket():
            assert KEY.encode() not in file.read_bytes(), file


def test_the_inspector_is_confined_and_gets_faster_by_itself(scene: Scene) -> None:
    assert scene.inspector()["seccomp"]
    assert scene.platform.status()["sieve"] == "re2"
    assert scene.ask("standard", "word " * 20_000)[0] == 200
    until(lambda: bool(scene.platform.status()["sieve"] == "hyperscan"))
    assert "inspects by hyperscan" in scene.platform.run("status").stdout


def _ready(scene: Scene) -> bool:
    return scene.inspector().get("state") == "ready"


def test_without_its_inspector_a_guarded_service_is_closed_until_there_is_another(scene: Scene) -> None:
    before = scene.inspector()
    os.kill(before["pid"], signal.SIGKILL)
    status, _, answer = scene.ask("standard", "hello")
    assert status == 200 or b'"code":"inspection-unavailable"' in answer
    if status != 200:
        assert status == 503
    assert scene.ask("observe", "hello")[0] == 200
    until(lambda: scene.inspector().get("pid") != before["pid"] and _ready(scene))
    until(lambda: scene.ask("standard", f"my key is {KEY}")[0] == 200)
    assert "redacted" in scene.asked[-1]["body"]["messages"][0]["content"]
