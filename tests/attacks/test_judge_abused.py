"""Somebody who asks for verdicts to spend what is not theirs, to learn what others sent, or without being allowed to."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from bartizan.app.guarding import inspecting
from bartizan.app.inspector_turns import Job, Turns, Work
from bartizan.app.judgement import verdicts
from bartizan.clock import SECOND
from bartizan.gateway.inspected import Passed, Said
from bartizan.threats.profile import PROFILES
from bartizan.threats.subject import Channel
from tests.e2e.conftest import Platform, start
from tests.e2e.test_upstream import service
from tests.sealed import files
from tests.threats.finder import SECRET, inspector

pytestmark = pytest.mark.slow
FORM = "application/x-www-form-urlencoded"
JUDGE = "/v1/judge"
HELLO = b'{"text":"hello"}'


@dataclass(frozen=True, slots=True)
class Judging:
    """A platform that gives verdicts and has a guarded service."""

    platform: Platform

    def send(
        self, path: str, body: bytes, token: str = "", media: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        context = ssl.create_default_context(cafile=str(self.platform.authority))
        headers = {"Content-Type": media} | ({"Authorization": f"Bearer {token}"} if token else {})
        with closing(
            HTTPSConnection("localhost", self.platform.port, timeout=60, context=context)
        ) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read())
            return answer.status, said

    def refused(self, body: bytes, token: str = "", path: str = JUDGE) -> tuple[int, str]:
        status, said = self.send(path, body, token)
        return status, str(said["type"]).rpartition(":")[2] if "type" in said else ""

    def token(self, name: str, *words: str, **asked: str) -> str:
        """Return a token of somebody new."""
        made = json.loads(self.platform.run("identity", "add", name, *words, "--json").stdout)
        form = {"grant_type": "client_credentials", **asked}
        form |= {each: made[each] for each in ("client_id", "client_secret")}
        status, said = self.send("/oauth/token", urlencode(form).encode(), media=FORM)
        assert status == 200, said
        return str(said["access_token"])


@pytest.fixture(scope="module")
def judging() -> Iterator[Judging]:
    with ExitStack() as stack:
        port, _ = stack.enter_context(service())
        guarded = f'[[service]]\nname = "assistant"\nupstream = "http://localhost:{port}/v1"\nallow_private = ["localhost:{port}"]\n'
        yield Judging(start(stack, configuration=f'[judge]\nenabled = true\n\n{guarded}guard = "standard"\n'))


def test_nobody_gets_a_verdict_without_a_token_that_is_good_here_and_for_this(judging: Judging) -> None:
    here = judging.token("here", resource=f"{judging.platform.url}/judge")
    assert judging.send(JUDGE, HELLO, here)[1]["action"] == "allow"
    elsewhere = judging.token("elsewhere", resource=f"{judging.platform.url}/assistant")
    control = judging.token("control", audience="bartizan:control")
    idle = judging.token("idle", "--role", "auditor")
    assert judging.refused(HELLO) == (401, "token-missing")
    assert judging.refused(HELLO, "x.y.z")[0] == 401
    assert judging.refused(HELLO, control) == (401, "audience-wrong")
    assert judging.refused(HELLO, elsewhere) == (403, "token-elsewhere")
    assert judging.refused(HELLO, idle) == (403, "policy-denied")


def test_what_is_huge_deep_or_of_many_parts_is_refused_before_it_is_inspected(judging: Judging) -> None:
    token = judging.token("huge")
    deep = b'{"text":' + b"[" * 100 + b"]" * 100 + b"}"
    many = msgspec.json.encode({"texts": [{"text": ""}] * 65})
    assert judging.refused(b'{"text":"' + b"x" * (4 << 20) + b'"}', token) == (413, "body-too-large")
    assert judging.refused(deep, token) == (400, "json-too-deep")
    assert judging.refused(many, token) == (400, "field-invalid")
    assert judging.refused(b'{"text":"\\ud800"}', token) == (400, "json-malformed")
    assert judging.send(JUDGE, HELLO, token)[0] == 200


def test_who_spends_their_budget_spends_nobody_elses() -> None:
    """By sources, which are principals; time stands still, and each stretch costs a second."""
    used = iter(range(1, 10_000))
    turns, said = Turns(lambda: next(used) * SECOND, lambda: 0), list[tuple[str, str, str]]()

    def put(source: str, work: Work) -> None:
        def tell(answer: Said | Passed) -> None:
            assert isinstance(answer, Said)
            said.append((source, answer.action, answer.reason))

        turns.put(Job(source, 10, work, tell))
        while turns:
            turns.step()

    put("greedy", verdicts(inspector(), msgspec.json.encode({"text": "hello " * 60_000})))
    put("other", verdicts(inspector(), HELLO))
    put("greedy", verdicts(inspector(), HELLO))
    put("greedy", inspecting(inspector(), PROFILES["standard"], b'"hello"'))  # what goes to services as well
    put("other", inspecting(inspector(), PROFILES["standard"], b'"hello"'))
    assert said == [
        ("greedy", "block", "inspection-budget"),
        ("other", "allow", ""),
        ("greedy", "block", "inspection-budget"),
        ("greedy", "block", "inspection-budget"),
        ("other", "allow", ""),
    ]


def test_whoever_is_judged_is_in_no_file_of_the_platform(judging: Judging) -> None:
    token = judging.token("told")
    assert (
        judging.send(JUDGE, msgspec.json.encode({"text": f"it is {SECRET}"}), token)[1]["action"] == "redact"
    )
    assert judging.platform.run("ledger", "query", "--kind", "threats.signal", "--json").returncode == 0
    for file, held in files(judging.platform.state):
        assert SECRET.encode() not in held, file


def test_no_verdict_comes_sooner_for_what_somebody_else_has_sent() -> None:
    """Else a guess at a whole text could be tried, by the time that it takes."""
    by, guess = inspector(), "the word is swordfish " * 8_000
    body = msgspec.json.encode({"text": guess})
    before = sum(1 for _ in verdicts(by, body))
    by.inspect(guess, Channel.USER)
    assert sum(1 for _ in by.steps(guess, Channel.USER)) == 0  # it is known by now
    assert sum(1 for _ in verdicts(by, body)) == before > 0
