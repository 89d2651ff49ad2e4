"""Names of people and places are taken out where a profile says so, and are looked for nowhere else."""

import json
import random
from typing import Any

import pytest

from bartizan.control import discover
from bartizan.threats import controls
from bartizan.threats.inspect import MOST, Inspector
from bartizan.threats.judge import judged_text, judging
from bartizan.threats.lane import Guarding, Lane, Withheld
from bartizan.threats.naming import SETTLED, Naming
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import NAMES, PROFILES, Action, Profile
from bartizan.threats.subject import Channel
from tests.threats.finder import inspector, model, names_model, patterns

MAIL = (
    "Dear Ms. Quorvath,\nmy name is Aylin Demir and I live in Göttingen. Please send the keys.\nBest,\nAylin"
)
OUT = (
    "Dear Ms. [redacted: names],\nmy name is [redacted: names] and I live in [redacted: names]. Please send the keys."
    "\nBest,\n[redacted: names]"
)
STRICT = PROFILES["strict"]


def judged(document: object, profile: Profile = STRICT) -> tuple[Action, Any]:
    steps = judging(inspector(), profile, json.dumps(document).encode())
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value.verdict.action, json.loads(done.value.octets or "null")


def streamed(text: str, sizes: list[int], profile: Profile = STRICT) -> str:
    lane, out, at = Lane(Guarding(inspector(), profile, Echo(Prompt([])))), "", 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        lane.add(text[at : at + size])
        out += lane.release(end=False)
        at += size
    return out + lane.release(end=True)


@pytest.mark.parametrize("channel", [*Channel])
def test_strict_takes_names_out_of_every_text_but_the_applications(channel: Channel) -> None:
    said, inspected = judged_text(inspector(), STRICT, MAIL, channel)
    named = [each for each in inspected.found if each.reason == NAMES]
    if channel is Channel.SYSTEM:
        assert not named
    else:
        assert said.action is Action.REDACT
        assert [each.rule for each in named] == ["person-name", "person-name", "place", "person-name"]
        assert MAIL[named[1].start : named[1].end] == "Aylin Demir"


def test_a_request_goes_on_without_names_and_keeps_the_words_of_its_protocol() -> None:
    document = {
        "model": "mistralai/Mixtral-8x7B-Instruct",
        "messages": [{"role": "user", "content": MAIL}],
        "user": "Anna",
    }
    action, left = judged(document)
    assert action is Action.REDACT
    assert left == {**document, "messages": [{"role": "user", "content": OUT}]}


@pytest.mark.parametrize("profile", ["observe", "standard"])
def test_other_profiles_do_not_look_for_names(profile: str) -> None:
    bare = Inspector(patterns(), discover(controls), bytes(32), 4, model())
    for one in (inspector(), bare):
        said, inspected = judged_text(one, PROFILES[profile], MAIL, Channel.USER)
        assert (said.action, inspected.found, inspected.whole) == (Action.ALLOW, (), True)
    assert streamed(MAIL, [7], PROFILES[profile]) == MAIL


@pytest.mark.parametrize("action", [Action.FLAG, Action.REDACT, Action.BLOCK])
def test_names_are_sought_where_a_service_says_so(action: Action) -> None:
    profile = PROFILES["standard"].with_actions({NAMES: action})
    assert judged_text(inspector(), profile, MAIL, Channel.USER)[0].action is action
    assert not PROFILES["strict"].with_actions({NAMES: Action.ALLOW}).seeks_names


def test_what_was_inspected_without_names_is_inspected_anew_with_them() -> None:
    seen = inspector()
    assert not judged_text(seen, PROFILES["standard"], MAIL, Channel.USER)[1].found
    assert judged_text(seen, STRICT, MAIL, Channel.USER)[1].found
    assert not judged_text(seen, PROFILES["standard"], MAIL, Channel.USER)[1].found


def test_without_its_model_nothing_goes_on_where_names_are_sought() -> None:
    bare = Inspector(patterns(), discover(controls), bytes(32), 4, model())
    said, inspected = judged_text(bare, STRICT, "it is late", Channel.USER)
    assert (said.action, inspected.whole) == (Action.BLOCK, False)
    with pytest.raises(Withheld):
        Lane(Guarding(bare, STRICT, Echo(Prompt([]))))
    told = PROFILES["observe"].with_actions({NAMES: Action.FLAG})
    assert Lane(Guarding(bare, told, Echo(Prompt([])))).release(end=True) == ""


def test_a_long_list_of_people_is_redacted_and_an_endless_one_is_not_read_whole() -> None:
    people = "".join(f"{number}. Anna Miller\n" for number in range(256))
    said, inspected = judged_text(inspector(), STRICT, people, Channel.DOCUMENT)
    assert (said.action, inspected.whole, len(inspected.found)) == (Action.REDACT, True, 256)
    endless = "".join(f"{number}. Anna Miller\n" for number in range(MOST + 1))
    inspected = inspector().inspect(endless, Channel.DOCUMENT, names=True)
    assert (inspected.whole, len(inspected.found)) == (False, MOST)


@pytest.mark.parametrize("around", ["", "so it was said, and then nobody said more about it. " * 12])
def test_in_a_stream_names_are_taken_out_as_in_the_whole(around: str) -> None:
    text, left = f"{around}{MAIL}\n{around}", f"{around}{OUT}\n{around}"
    for sizes in ([1], [5, 17, 2], [64], [400], [len(text)]):
        assert streamed(text, sizes) == left, sizes


def test_lists_of_places_never_end_a_stream_and_no_name_of_them_leaves() -> None:
    drawn = random.Random(3)  # noqa: S311
    towns = ["Paris", "Berlin", "Madrid", "Lisbon", "Vienna", "Oslo", "Warsaw", "Prague", "Athens", "Dublin"]
    text = (
        "We want to see " + ", ".join(drawn.choice(towns) for _ in range(200)) + " and Rome, said he to her."
    )
    for sizes in ([1], [3, 11], [90]):
        out = streamed(text, sizes)
        assert not [town for town in towns if town in out]
        assert out.startswith("We want to see [redacted: names]")
        assert out.endswith("said he to her.")


def test_what_letters_that_come_may_change_is_not_told_yet() -> None:
    naming, text = Naming(names_model()), "I saw Anna Mil"
    assert not [*naming.names(text, 0, 0, end=False)]
    assert not [*naming.names(text + "ler", 0, 0, end=False)]
    whole = text + "ler at noon, and " + "she was well " * (SETTLED // 10)
    assert [*naming.names(whole, 0, 0, end=False)] == [(6, 17, "person-name")]
    assert [*naming.names(whole, 0, 11, end=False)] == [(11, 17, "person-name")]
    assert not [*naming.names(whole[17:], 17, 0, end=True)]
