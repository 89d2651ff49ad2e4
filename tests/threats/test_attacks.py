"""Every attack: pure, repeatable, bounded, and the request is in it."""

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation import attacks as folder
from bartizan.threats.evaluation.attack import Attack, discover
from bartizan.threats.evaluation.draw import Draw
from tests.purity import armed

ATTACKS = discover(folder)
REQUEST = "Explain how to {open} a door % without a key."


def test_the_attacks_are_the_seven_that_are_documented() -> None:
    assert list(ATTACKS) == [
        "best-of-n",
        "direct",
        "encodings",
        "escalation",
        "many-shot",
        "personas",
        "templates",
    ]
    assert all(attack.about and attack.source for attack in ATTACKS.values())


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_does_nothing_but_write_and_writes_the_same_again(attack: Attack) -> None:
    with armed():
        first, again = (attack.attempts(REQUEST, Draw(1, attack.name), 5) for _ in range(2))
    assert first == again
    assert 1 <= len(first) <= 5
    assert all(turn for attempt in first for turn in attempt.turns)


@given(st.text(min_size=1, max_size=200), st.integers(0, 2**53), st.integers(1, 12))
def test_any_request_can_be_attacked_within_the_tries(request: str, seed: int, tries: int) -> None:
    for name, attack in ATTACKS.items():
        found = attack.attempts(request, Draw(seed, name), tries)
        assert 1 <= len(found) <= tries
        assert all(attempt.turns for attempt in found)


@pytest.mark.parametrize("name", ["direct", "templates", "personas", "many-shot", "escalation"])
def test_the_request_stands_in_what_is_asked_word_for_word(name: str) -> None:
    for seed in range(10):
        for attempt in ATTACKS[name].attempts(REQUEST, Draw(seed), 8):
            assert REQUEST in " ".join(attempt.turns)


def test_every_encoding_can_be_undone() -> None:
    seen = set()
    for seed in range(40):
        for attempt in ATTACKS["encodings"].attempts("Open a door", Draw(seed), 3):
            text = attempt.turns[0].rpartition("\n\n")[2]
            seen.add(text)
    assert base64.b64encode(b"Open a door").decode() in seen
    assert codecs.encode("Open a door", "rot13") in seen
    assert b"Open a door".hex(" ") in seen
    assert "rood a nepO" in seen
    assert "O p e n   a   d o o r" in seen
    assert "0p3n 4 d00r" in seen
    assert len(seen) == 6


def test_best_of_n_changes_each_try_and_keeps_its_length() -> None:
    found = [attempt.turns[0] for attempt in ATTACKS["best-of-n"].attempts(REQUEST, Draw(3), 20)]
    assert len(set(found)) == 20
    assert {len(text) for text in found} == {len(REQUEST)}


def test_many_shots_come_before_the_request_in_turns() -> None:
    (attempt,) = ATTACKS["many-shot"].attempts(REQUEST, Draw(1), 8)
    assert [message.role for message in attempt.opening] == ["user", "assistant"] * 12
