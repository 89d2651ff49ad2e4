"""Somebody who wants a system prompt's mark out unseen, or a mark told that nobody planted."""

import json
from typing import Any

import pytest

from bartizan.clock import DAY, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.gateway.canary import Canaries, with_canary
from bartizan.text.mark import REGISTERED, REGISTERED_OCTETS, Mark, Registered, digest, mark
from bartizan.threats.answer import Answer
from bartizan.threats.judge import judging
from bartizan.threats.lane import Guarding, Withheld
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import PROFILES, Action
from bartizan.threats.subject import Channel
from tests.gateway.scene import Person
from tests.threats.finder import inspector

NOW = Nanoseconds(20_000 * DAY)
CANARIES = Canaries(Secret(b"k" * 32))
MINE = CANARIES.of("assistant", Person("person.ann", "p-1", b""), NOW)
THEIRS = CANARIES.of("assistant", Person("person.ben", "p-2", b""), NOW)


def guarding() -> Guarding:
    return Guarding(inspector(), PROFILES["standard"], Echo(Prompt([]), tuple(map(Mark, MINE))))


def action(document: Any) -> Action:  # noqa: ANN401
    g = guarding()
    steps = judging(g.inspector, g.profile, json.dumps(document).encode(), Channel.RESPONSE, g.echo)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: Action = done.value.verdict.action
            return made


@pytest.mark.parametrize(
    "hidden",
    [
        {"choices": [{"message": {"content": None, "instructions": MINE[0]}}]},
        {"choices": [{"message": {"role": "system", "content": MINE[0]}}]},
        {"output": [{"type": "message", "instructions": MINE[0]}]},
        {"choices": [{"message": {"content": None, "refusal": MINE[0]}}]},
        {"choices": [{"message": {"content": "", MINE[0]: 1}}]},
        {"choices": [{"message": {"content": MINE[1]}}]},
    ],
)
def test_no_other_member_of_an_answer_is_taken_for_the_prompt_that_is_sent_back(
    hidden: dict[str, Any],
) -> None:
    assert action(hidden) is Action.BLOCK
    with pytest.raises(Withheld):
        Answer(guarding()).take(json.dumps({"type": "response.completed", "item": hidden}).encode())


def test_a_client_that_plants_a_line_of_its_own_has_it_replaced() -> None:
    """Neither another's mark nor a made-up one stays in a prompt, so that nobody hides behind two."""
    sent = json.dumps({"system": "Be kind."}, separators=(",", ":")).encode()
    theirs = with_canary(with_canary(sent, THEIRS[0]), mark("zqxk", bytes(10)))
    assert with_canary(theirs, MINE[0]) == with_canary(sent, MINE[0])


def test_another_principals_mark_holds_nothing_of_ones_own_back() -> None:
    assert {*MINE}.isdisjoint(THEIRS)
    assert action({"choices": [{"message": {"content": f"ref {THEIRS[0]}"}}]}) is Action.ALLOW


def test_who_reads_the_configuration_cannot_have_a_registered_mark_told() -> None:
    word = mark(REGISTERED, bytes(range(REGISTERED_OCTETS)))
    told = digest(word)
    known = Registered({"handbook": told})
    tries = (
        told,
        f"zqxt-{told}",
        mark(REGISTERED, bytes.fromhex(told)[:REGISTERED_OCTETS]),
        "zqxt" * 9,
        "zqxt-",
    )
    assert not [found for text in tries for found in known.found(text)]
    assert [name for name, _ in known.found(word)] == ["handbook"]


def test_heads_without_end_cost_no_more_than_their_number() -> None:
    """Each candidate is one comparison: a text of nothing else is read to its end, and tells nothing."""
    assert action({"choices": [{"message": {"content": "zqxk zqxt " * 3_000}}]}) is Action.ALLOW
