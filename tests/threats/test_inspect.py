"""What is found, where it stands, and what becomes of it by each profile."""

import base64
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bartizan.text.rule import LONGEST
from bartizan.threats.inspect import MOST, STRETCH
from bartizan.threats.judge import Judged, judged_text, judging
from bartizan.threats.profile import DETECTORS, PROFILES, Action, gravest
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import MEDIA, UNINSPECTED, verdict, without
from tests.threats.finder import SECRET, inspector

ENCODED = base64.b64encode(f"the key of my account is {SECRET} please keep it".encode()).decode()


def judged(document: object, profile: str = "standard", **actions: Action) -> Judged:
    steps = judging(inspector(), PROFILES[profile].with_actions(actions), json.dumps(document).encode())
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: Judged = done.value
            return found


def said(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


def test_a_finding_says_where_in_the_text_that_came() -> None:
    text = f"{'x' * 100} key {SECRET}."
    (found,) = inspector().inspect(text, Channel.USER).found
    assert (found.rule, text[found.start : found.end]) == ("aws-access-key-id", SECRET)


def test_what_is_encoded_is_found_and_stands_where_its_carrier_does() -> None:
    text = f"note {ENCODED} end"
    (found,) = (each for each in inspector().inspect(text, Channel.TOOL).found if each.reason == "secret")
    assert found.reading == "base64"
    assert text.index(ENCODED) <= found.start < found.end <= text.index(ENCODED) + len(ENCODED)


@pytest.mark.parametrize("at", [0, STRETCH - LONGEST - 10, STRETCH - 10, STRETCH, 2 * STRETCH + 77])
def test_no_seam_between_stretches_hides_anything(at: int) -> None:
    text = "word " * (at // 5) + "." * (at % 5) + f" {SECRET} " + "word " * 2_000
    (found,) = inspector().inspect(text, Channel.USER).found
    assert text[found.start : found.end] == SECRET


def test_a_long_text_lets_others_take_their_turn() -> None:
    steps = inspector().steps("word " * 40_000, Channel.USER)
    stretches = 200_000 // (STRETCH - LONGEST) + 1
    assert sum(1 for _ in steps) == stretches - 1 + 2 * stretches  # between two, and twice within each


def test_more_than_is_told_is_not_whole() -> None:
    few = " ".join(f"user{i}@example.org" for i in range(MOST - 5))
    assert inspector().inspect(few, Channel.USER).whole
    mails = " ".join(f"user{i}@example.org" for i in range(MOST + 5))
    inspected = inspector().inspect(mails, Channel.USER)
    assert (len(inspected.found), inspected.whole) == (MOST, False)


def test_a_text_that_was_seen_is_not_read_again_and_another_channels_is() -> None:
    seen = inspector(remembers=2)
    first = seen.inspect(SECRET, Channel.USER)
    assert seen.inspect(SECRET, Channel.USER) is first
    assert seen.inspect(SECRET, Channel.TOOL) is not first
    for text in ("a", "b", "c"):
        seen.inspect(text, Channel.USER)
    assert seen.inspect(SECRET, Channel.USER) is not first


def test_what_somebody_sent_is_remembered_for_them_alone() -> None:
    seen = inspector()
    first = seen.inspect(SECRET, Channel.USER, source="p-1")
    assert seen.inspect(SECRET, Channel.USER, source="p-1") is first
    assert seen.inspect(SECRET, Channel.USER, source="p-2") is not first


def test_standard_takes_a_secret_out_and_strict_holds_it_back() -> None:
    document = said(f"my key is {SECRET}!")
    made = judged(document)
    assert (made.verdict.action, made.verdict.reason) == (Action.REDACT, "secret")
    assert json.loads(made.octets)["messages"][0]["content"] == "my key is [redacted: secret]!"
    strict = judged(document, "strict")
    assert (strict.verdict.action, strict.octets) == (Action.BLOCK, b"")
    watched = judged(document, "observe")
    assert (watched.verdict.action, watched.octets) == (Action.REDACT, b"")


def test_what_cannot_be_taken_out_holds_the_request_back() -> None:
    made = judged({"properties": {f"the key is {SECRET} indeed": {}}})
    assert made.verdict.action is Action.BLOCK


def test_a_service_can_have_another_action_for_a_detector() -> None:
    actions = {"personal-data": Action.BLOCK}
    profile = PROFILES["standard"].with_actions(actions)
    verdict_, _ = judged_text(inspector(), profile, "mail ann@example.org", Channel.USER)
    assert (verdict_.action, verdict_.reason) == (Action.BLOCK, "personal-data")


def test_images_pass_standard_on_record_and_no_strict() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    document = {"messages": [{"role": "user", "content": [part]}]}
    assert judged(document).verdict.action is Action.FLAG
    assert (judged(document, "strict").verdict.action, judged(document, "strict").verdict.reason) == (
        Action.BLOCK,
        MEDIA,
    )


def test_what_was_not_read_whole_is_held_back() -> None:
    for name in ("standard", "strict"):
        found = verdict(PROFILES[name], (), whole=False, media=0)
        assert (found.action, found.reason) == (Action.BLOCK, UNINSPECTED)


def test_many_short_texts_let_others_take_their_turn_too() -> None:
    steps = judging(inspector(), PROFILES["standard"], json.dumps([f"word {n}" for n in range(600)]).encode())
    assert sum(1 for _ in steps) >= 4


def test_what_is_no_json_is_one_text() -> None:
    steps = judging(inspector(), PROFILES["strict"], f"\xff{SECRET}".encode("latin-1"))
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value.verdict.action is Action.BLOCK


def test_every_detector_has_an_action_in_every_profile() -> None:
    for profile in PROFILES.values():
        assert set(profile.actions) == set(DETECTORS)
    assert gravest(()) is Action.ALLOW
    assert gravest([Action.FLAG, Action.BLOCK, Action.REDACT]) is Action.BLOCK


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=5))
def test_what_is_taken_out_is_out_and_the_rest_stays(text: str, spans: list[tuple[int, int]]) -> None:
    taken = [(start, min(start + size, len(text)), "secret") for start, size in spans if start < len(text)]
    left = [letter for at, letter in enumerate(text) if not any(s <= at < e for s, e, _ in taken)]
    assume("[" not in text)
    assert without(text, taken).replace("[redacted: secret]", "") == "".join(left)
