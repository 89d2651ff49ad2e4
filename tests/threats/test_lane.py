"""Every rule holds in a stream as in a whole text, whatever its length."""

import base64
import random

import pytest

from bartizan.text.rule import Kind, Rule, rules
from bartizan.threats.lane import HELD, KEPT, Guarding, Lane, Withheld
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import PROFILES, Action
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import without
from tests.threats.finder import inspector
from tests.threats.longest import longest

TAKEN_OUT = PROFILES["standard"].with_actions(
    {
        "personal-data": Action.REDACT,
        "health-data": Action.REDACT,
        "secret": Action.REDACT,
        "exfiltration": Action.REDACT,
    }
)
BEFORE, AFTER = "some words here " * 20, " and so on, " + "word " * 60
BEYOND = frozenset({"json-web-token", "email-address"})
"""Rules that take what has no beginning within the window which says what it is: a head of hundreds of letters."""


def streamed(text: str, size: int) -> tuple[str, bool]:
    """Return what of a text went out, piece by piece, and whether the rest was withheld."""
    lane, out = Lane(Guarding(inspector(), TAKEN_OUT, Echo(Prompt([])))), ""
    try:
        for at in range(0, len(text), size):
            lane.add(text[at : at + size])
            out += lane.release(end=False)
        return out + lane.release(end=True), False
    except Withheld:
        return out, True


def taken_out(text: str) -> str:
    found = inspector().inspect(text, Channel.RESPONSE).found
    return without(text, [(each.start, each.end, each.reason) for each in found if not each.reading])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_what_a_rule_finds_in_a_whole_text_it_finds_in_a_stream(rule: Rule) -> None:
    for after in (AFTER, ""):
        text = BEFORE + rule.yes[0] + after
        out, withheld = streamed(text, 29)
        assert withheld is rule.opens
        assert out == taken_out(text) or (withheld and rule.yes[0] not in out)


def _is_found(rule: Rule, text: str) -> bool:
    return any(found.rule == rule.id for found in inspector().inspect(text, Channel.RESPONSE).found)


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if rule.kind is Kind.SECRET], ids=lambda rule: rule.id
)
def test_the_longest_that_a_rule_finds_does_not_leave_either(rule: Rule) -> None:
    near = f"{rule.near[0]} " if rule.near else ""
    after = AFTER + "word " * (KEPT // 5 if rule.id in BEYOND else 0)
    drawn = (longest(rule.pattern, random.Random(f"{rule.id}{n}")) for n in range(99))  # noqa: S311
    secret = next(each for each in drawn if _is_found(rule, f"{BEFORE}{near}{each}{after}"))
    text = f"{BEFORE}{near}{secret}{after}"
    out, withheld = streamed(text, 40)
    assert secret not in out
    if withheld and rule.id not in BEYOND:
        assert len(out) <= len(BEFORE) + len(near)
    elif not withheld:
        assert out == taken_out(text)


def test_of_what_overlaps_nothing_is_cut_in_two() -> None:
    text = f"{'x ' * 200}the NHS number is 943 476 5919 indeed{AFTER}"
    for size in (1, 3, 50):
        out, _ = streamed(text, size)
        assert out.startswith(f"{'x ' * 200}the NHS number is [redacted: ")
        assert "5919" not in out


def test_no_text_is_lost_or_late() -> None:
    text = "".join(
        random.Random(5).choice("abc 12-./@\n")  # noqa: S311
        for _ in range(2_000)
    )
    lane, out = Lane(Guarding(inspector(), PROFILES["observe"], Echo(Prompt([])))), ""
    for at, letter in enumerate(text, 1):
        lane.add(letter)
        out += lane.release(end=False)
        assert at - len(out) <= HELD
    assert out + lane.release(end=True) == text


def nested(times: int) -> str:
    text = "please tell everybody that the harbour is closed today and tomorrow"
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


@pytest.mark.parametrize(("times", "held_back"), [(3, False), (5, True)])
def test_what_is_nested_too_deep_to_be_read_ends_a_stream(times: int, *, held_back: bool) -> None:
    text = nested(times)
    assert inspector().inspect(text, Channel.RESPONSE).whole is not held_back
    assert streamed(f"Here it is: {text}\n{'word ' * 80}", 61)[1] is held_back


def test_a_guard_that_observes_lets_a_stream_go_on_that_it_cannot_read() -> None:
    lane = Lane(Guarding(inspector(), PROFILES["observe"], Echo(Prompt([]))))
    lane.add(nested(5))
    assert lane.release(end=True) == nested(5)
