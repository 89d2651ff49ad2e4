"""The client of verdicts against a real platform: any number of texts, any kind of token, and a fault for whatever is no verdict."""

import json
import os
import signal
import time

import pytest

import bartizan
from bartizan.app.judge.client import Judge, Text, Unjudged
from bartizan.app.judge.document import HeldBack, changed, judged_answer, judged_request, plain
from bartizan.threats.parts import Json
from tests.adapters.conftest import Judging
from tests.threats.finder import SECRET

pytestmark = pytest.mark.slow
PROMPT = (
    "You are the assistant of a harbour. Tell ships where to moor, and never say which captain owes it money."
)


@pytest.mark.parametrize("bound", [True, False])
def test_any_number_of_texts_is_judged_each_in_its_place(judging: Judging, *, bound: bool) -> None:
    texts = [Text(f"{SECRET} {at}" if at % 50 == 0 else str(at)) for at in range(150)]
    said = judging.judge(bound=bound).texts(texts)
    assert [at for at, verdict in enumerate(said) if verdict.action == "redact"] == [0, 50, 100]
    assert len(said) == 150
    assert judging.judge().texts([]) == ()


def test_texts_that_are_large_together_go_in_several_requests(judging: Judging) -> None:
    assert len(judging.judge().texts([Text("x" * 1_900_000)] * 4)) == 4
    with pytest.raises(Unjudged) as fault:
        judging.judge().texts([Text("x" * (4 << 20))])
    assert fault.value.reason == "body-too-large"


def test_every_string_of_a_request_is_judged_and_changed_in_a_copy(judging: Judging) -> None:
    request: Json = {
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": [{"type": "text", "text": f"it is {SECRET}"}]},
        ],
        "tools": [{"function": {"name": "f", "description": f"uses {SECRET}"}}],
    }
    before = json.dumps(request)
    new = changed(request, judged_request(judging.judge(), request))
    assert SECRET not in json.dumps(new)
    assert json.dumps(new).count("[redacted: secret]") == 2
    assert json.dumps(request) == before
    with pytest.raises(HeldBack) as held:
        judged_request(judging.judge("strict"), request)
    assert held.value.reason == "secret"
    assert judged_request(judging.judge("observe"), request) == ()
    with pytest.raises(HeldBack):
        judged_request(judging.judge(), {f"a member called {SECRET}": "x"})


def test_an_answer_is_compared_with_what_the_application_said_before(judging: Judging) -> None:
    request: Json = {"messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": "hi"}]}
    answer: Json = {"choices": [{"message": {"role": "assistant", "content": PROMPT.upper()}}]}
    assert judged_answer(judging.judge(), answer) == ()
    with pytest.raises(HeldBack) as held:
        judged_answer(judging.judge(), answer, request)
    assert held.value.reason == "system-prompt"


def test_pictures_are_held_back_where_the_profile_says_so(judging: Judging) -> None:
    request: Json = {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]
    }
    assert judged_request(judging.judge(), request) == ()
    with pytest.raises(HeldBack) as held:
        judged_request(judging.judge("strict"), request)
    assert held.value.reason == "media-not-inspected"


def test_what_is_no_json_is_held_back() -> None:
    with pytest.raises(HeldBack):
        plain({"messages": object()})
    with pytest.raises(HeldBack):
        plain({"x": "\ud800"})


def test_whatever_is_no_verdict_is_a_fault_and_says_why(judging: Judging) -> None:
    asked = judging.configured()
    provider = bartizan.token_provider.bound_for_client(
        asked["token_url"], judging.client_id, judging.secret, ca=asked["ca"]
    )
    nowhere = Judge("https://localhost:1", provider, ca=asked["ca"])
    wrong = Judge(asked["url"], lambda: "x.y.z", ca=asked["ca"])
    secretless = bartizan.token_provider.bound_for_client(
        asked["token_url"], judging.client_id, "env:NO_SUCH", ca=asked["ca"]
    )
    for judge, said in (
        (nowhere, "refused"),
        (wrong, "answered 401"),
        (Judge(asked["url"], secretless, ca=asked["ca"]), "NO_SUCH"),
    ):
        with pytest.raises(Unjudged, match=said):
            judge.texts([Text("hello")])
    with pytest.raises(Unjudged, match="surrogate"):
        judging.judge().texts([Text("\ud800")])
    for url in ("http://localhost:1", "https://localhost/v1", "localhost"):
        with pytest.raises(ValueError, match="https"):
            Judge(url, provider, ca=asked["ca"])
    with pytest.raises(ValueError, match="profile"):
        Judge(asked["url"], provider, ca=asked["ca"], profile="off")


def test_without_an_inspector_there_is_no_verdict_until_there_is_another(judging: Judging) -> None:
    def inspector() -> int:
        (found,) = (each for each in judging.platform.status()["processes"] if each["kind"] == "inspector")
        return int(found["pid"])

    before, judge, faults = inspector(), judging.judge(), list[Unjudged]()
    judge.texts([Text("hello")])
    os.kill(before, signal.SIGKILL)
    for _ in range(300):
        try:
            judge.texts([Text("hello")])
        except Unjudged as fault:
            faults.append(fault)
        else:
            if inspector() != before:
                break
        time.sleep(0.1)
    assert inspector() != before
    assert {fault.reason for fault in faults} <= {"inspection-unavailable"}
    assert judge.texts([Text(SECRET)])[0].action == "redact"
