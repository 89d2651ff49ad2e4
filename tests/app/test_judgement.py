"""The inspector's verdicts: each text by its channel and the profile, no text in what is said, nothing remembered."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.inspect_texts import inspect_lines
from bartizan.app.judgement import verdicts
from bartizan.gateway.inspected import BLOCK, FLAG, REDACT, Said
from bartizan.gateway.protocols.judge import JUDGE
from bartizan.threats.inspect import STRETCH, Inspected, Inspector
from bartizan.threats.subject import Channel
from tests.app.test_guarding import told
from tests.threats.finder import SECRET, inspector

PROMPT = (
    "You are the assistant of a harbour. Tell ships where to moor, and never say which captain owes the harbour money. "
    "Berth seven is closed until the crane has been mended, and the night pilot is to be called by radio alone."
)
MAIL = "ann@example.org"


def said(by: Inspector | None = None, **body: object) -> tuple[Said, dict[str, Any]]:
    answer = told(verdicts(by or inspector(), msgspec.json.encode(body)))
    return answer, json.loads(answer.octets)


def test_one_text_has_its_verdict_and_several_have_each_their_own_in_order() -> None:
    one, verdict = said(text=f"the key is {SECRET}", channel="tool")
    assert (one.action, verdict["action"]) == (REDACT, "redact")
    assert [(each.rule, each.channel) for each in one.signals] == [("aws-access-key-id", "tool")]
    many, answer = said(texts=[{"text": "hello"}, {"text": MAIL}, {"text": SECRET, "channel": "document"}])
    assert [each["action"] for each in answer["verdicts"]] == ["allow", "flag", "redact"]
    assert answer["action"] == many.action == REDACT
    assert {(each.rule, each.channel) for each in many.signals} == {
        ("email-address", "user"),
        ("aws-access-key-id", "document"),
    }


@given(st.lists(st.sampled_from(["hello", SECRET, MAIL, f"x {SECRET} {MAIL}"]), min_size=1, max_size=5))
def test_a_verdict_is_what_the_command_prints_of_the_same_text(texts: list[str]) -> None:
    lines = [msgspec.json.encode({"text": text}) for text in texts]
    assert said(texts=[{"text": text} for text in texts])[1]["verdicts"] == list(inspect_lines(lines))


@pytest.mark.parametrize(
    ("profile", "action", "each"),
    [
        ("observe", FLAG, ["flag", "flag"]),
        ("standard", REDACT, ["redact", "flag"]),
        ("strict", BLOCK, ["block", "redact"]),
    ],
)
def test_whoever_asks_chooses_the_profile_and_is_told_what_it_makes_of_each_finding(
    profile: str, action: str, each: list[str]
) -> None:
    answer, verdict = said(text=f"{SECRET} of {MAIL}", profile=profile)
    assert (answer.action, [found["action"] for found in verdict["findings"]]) == (action, each)


def test_an_answer_that_repeats_the_system_prompt_beside_it_is_found() -> None:
    answer, document = said(
        texts=[{"text": PROMPT, "channel": "system"}, {"text": PROMPT.upper(), "channel": "response"}]
    )
    assert [each["action"] for each in document["verdicts"]] == ["allow", "block"]
    assert [each.reason for each in answer.signals] == ["system-prompt"]
    assert said(texts=[{"text": PROMPT, "channel": "system"}, {"text": PROMPT}])[0].action == "allow"
    assert said(texts=[{"text": PROMPT, "channel": "response"}])[0].action == "allow"


def test_no_text_stands_in_what_is_said() -> None:
    hidden = base64.b64encode(f"the key of my account is {SECRET} please keep it".encode()).decode()
    answer, document = said(texts=[{"text": f"{SECRET} {MAIL}", "task": MAIL}, {"text": hidden}])
    assert len(answer.signals) == 2
    for text in (SECRET, MAIL, hidden):
        assert text not in answer.octets.decode()
    assert document["verdicts"][1]["findings"][0]["reading"] == "base64"


def test_nothing_is_remembered_and_nothing_that_was_is_looked_up() -> None:
    """How long a verdict takes would tell who asks what somebody else has sent."""
    by = inspector()
    said(by, text=SECRET)
    assert not by._seen
    by.inspect(SECRET, Channel.USER)
    for digest in by._seen:
        by._seen[digest] = Inspected((), whole=True)  # what another request is told of this very text
    assert by.inspect(SECRET, Channel.USER).found == ()
    assert said(by, text=SECRET)[0].action == REDACT


def test_a_long_text_and_many_short_ones_let_others_have_their_turn() -> None:
    def turns(**body: object) -> int:
        return sum(1 for _ in verdicts(inspector(), msgspec.json.encode(body)))

    assert turns(text="x") == 0
    assert turns(text="x " * STRETCH) >= 2
    assert turns(texts=[{"text": "x " * (STRETCH // 4)}] * 8) >= 3


@pytest.mark.parametrize(
    "octets", [b"", b"{", b'{"text":1}', b'{"text":"x","profile":"off"}', b'{"text":"\\ud800"}']
)
def test_a_worker_that_asks_for_nonsense_gets_no_verdict(octets: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        told(verdicts(inspector(), octets))


def test_what_the_gateway_lets_through_is_what_is_judged() -> None:
    reader = JUDGE.rows[0].reader
    sent = msgspec.json.encode(
        {"texts": [{"text": SECRET, "channel": "system", "task": "t"}], "profile": "strict"}
    )
    assert told(verdicts(inspector(), reader.read(sent).octets)).action == BLOCK
