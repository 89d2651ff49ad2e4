"""Verdicts of the guard without proxying, from a real platform."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import bartizan
from bartizan.app.judge.client import Text
from tests.e2e.conftest import Platform, Start, start
from tests.e2e.test_upstream import ask

pytestmark = pytest.mark.slow

KEY = "AKIAUJZDEGXDNCF32EPF"


@pytest.fixture(scope="module")
def judging() -> Iterator[Platform]:
    """A platform without a service, so without a guard, that gives verdicts."""
    with ExitStack() as stack:
        yield start(stack, configuration="[judge]\nenabled = true\n")


def judge(platform: Platform, **body: object) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, fields, answer = ask(platform, "/v1/judge", body)
    return status, fields, json.loads(answer)


def test_one_text_gets_its_verdict(judging: Platform) -> None:
    status, fields, said = judge(judging, text=f"my key is {KEY}", channel="user")
    assert (status, fields["content-type"]) == (200, "application/json")
    (found,) = said["findings"]
    assert (said["action"], said["whole"]) == ("redact", True)
    assert 0 < said["score"] < 0.5  # of the model of injections: it is none
    assert (found["kind"], found["rule"], found["action"]) == ("secret", "aws-access-key-id", "redact")
    assert (found["start"], found["end"]) == (10, 30)
    recorded = judging.record(fields["x-request-id"], "threats.signal.found")
    assert (recorded["detail"]["service"], recorded["detail"]["action"]) == ("judge", "redact")
    admitted = judging.record(fields["x-request-id"], "gateway.request.admitted")
    assert (admitted["detail"]["action"], admitted["detail"]["service"]) == ("judge", "judge")
    completed = judging.record(fields["x-request-id"], "gateway.request.completed")
    assert (completed["outcome"], completed["detail"]["status"]) == ("done", 200)


def test_where_it_says_so_no_copied_token_gets_a_verdict(platform: Start) -> None:
    strict = platform(configuration='[judge]\nenabled = true\nbinding = "required"\n')
    status, fields, said = judge(strict, text=KEY)
    assert (status, said["type"].rpartition(":")[2]) == (401, "binding-missing")
    assert fields["www-authenticate"].startswith("DPoP")
    bound = bartizan.token_provider.bound(strict.state)
    verdict = bartizan.judge_client(strict.url, bound, ca=strict.authority).texts([Text(KEY)])[0]
    assert (verdict.action, verdict.findings[0].kind) == ("redact", "secret")


def explained(platform: Platform, request: str) -> str:
    platform.record(request, "gateway.request.completed")
    answer = platform.run("explain", request)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_several_texts_get_theirs_and_a_verdict_is_explained_from_the_record(judging: Platform) -> None:
    texts = [{"text": f"{KEY} {KEY}", "channel": "document"}, {"text": "ann@example.org"}, {"text": "hello"}]
    status, fields, said = judge(judging, texts=texts, profile="strict")
    assert (status, said["action"]) == (200, "block")
    assert [each["action"] for each in said["verdicts"]] == ["block", "redact", "allow"]
    told = explained(judging, fields["x-request-id"])
    assert "for a verdict," in told
    assert "admitted; answered 200" in told
    assert "its verdict was block" in told
    assert (
        "secret (rule aws-access-key-id) in a document, 2 times; severity high, confidence high; threats.leakage"
        in told
    )
    assert "personal-data (rule email-address) in the user's words, once" in told
    assert "replace that key" in told
    shown = json.loads(judging.run("explain", fields["x-request-id"], "--json").stdout)
    assert {signal["detector"] for signal in shown["signals"]} == {"secret", "personal-data"}
    assert (shown["decision"], shown["status"], shown["guard"], len(shown["entries"])) == (
        "admitted",
        200,
        "block",
        4,
    )


def test_a_request_in_which_nothing_was_found_is_explained_too_and_an_unknown_one_is_named(
    judging: Platform,
) -> None:
    _, fields, _ = judge(judging, text="hello")
    assert "nothing is on record that it found" in explained(judging, fields["x-request-id"])
    answer = judging.run("explain", "q-0000000000000000")
    assert (answer.returncode, "the record says nothing of q-0000000000000000" in answer.stderr) == (2, True)


def test_what_cannot_be_read_is_refused_with_a_document_that_says_where(judging: Platform) -> None:
    status, fields, said = judge(judging, texts=[{"text": "x", "channel": "nobody"}])
    assert (status, fields["content-type"]) == (400, "application/problem+json")
    assert said["type"].endswith("field-invalid")
    assert said["param"] == "texts[0].channel"
    assert "user|tool|document|response|system" in said["detail"]
