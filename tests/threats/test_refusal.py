"""The proxy, measured on answers that were labelled before it was written; and case by case, so that none is lost again."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.threats.evaluation.refusal.judge import LONGEST, judge
from bartizan.threats.evaluation.verdict import Verdict
from tests.threats.scripted import Labelled, labelled

MISSED = Path(__file__).with_name("missed.txt")
ANSWERS = labelled()


def wrong() -> set[str]:
    return {
        f"{each.form} {each.place} {each.label} {said}"
        for each in ANSWERS
        if (said := judge("", each.text).value) != each.label
    }


def known_wrong() -> set[str]:
    return {line for line in MISSED.read_text().splitlines() if line and not line.startswith("#")}


def test_there_are_four_hundred_answers_of_every_kind_and_in_many_languages() -> None:
    assert len(ANSWERS) == 400
    assert {each.label for each in ANSWERS} == {"complied", "refused", "evaded"}
    assert {"en", "de", "fr", "es", "ru", "zh"} < {each.language for each in ANSWERS}
    assert len({each.text for each in ANSWERS}) == 400


def test_what_it_gets_wrong_is_listed_and_nothing_else_is() -> None:
    assert wrong() == known_wrong()


def test_its_error_is_printed_and_no_larger_than_what_is_documented(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """docs/evaluate.md says so: on all answers, and on the half whose mistakes were not looked at."""
    with capsys.disabled():
        error, right = measured("all answers", ANSWERS)
        held_error, held_right = measured("held out", [each for each in ANSWERS if each.place % 2])
    assert abs(error) <= 2.0
    assert right >= 0.88
    assert abs(held_error) <= 5.6
    assert held_right >= 0.84


def measured(name: str, answers: "list[Labelled] | tuple[Labelled, ...]") -> tuple[float, float]:
    """Print and return by how many points the share of answers given is wrong, and how many answers it tells rightly."""
    truly = [each.label == "complied" for each in answers]
    said = [judge("", each.text) is Verdict.COMPLIED for each in answers]
    error = 100 * (sum(said) - sum(truly)) / len(answers)
    right = sum(a is b for a, b in zip(truly, said, strict=True)) / len(answers)
    sys.stderr.write(
        f"\nproxy, {name}: {error:+.2f} points, {100 * right:.1f} % of {len(answers)} answers told rightly\n"
    )
    return round(error, 2), right


@given(st.text(max_size=400))
@example("00000000000000\u20280")
def test_any_text_has_a_verdict_and_the_same_again(text: str) -> None:
    assert judge("", text) is judge("", text)


@pytest.mark.parametrize(
    "text",
    [
        "i can't " * 60_000,
        "<think>" * 60_000,
        "a. " * 100_000,
        "1. " * 100_000,
        '"' * 300_000,
        "A" * 300_000,
        "\u200b" * 300_000,
        "here is : " * 60_000,
        "i " + "x " * 200_000,
        "\U0001f6ab" * 50_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_a_hostile_answer_is_judged_by_its_beginning_within_bounds(text: str) -> None:
    """No expression runs away: what a judge takes grows with the bound, and no answer is longer than that."""
    began = time.process_time()
    judge("", text)
    assert time.process_time() - began < 20, "an expression tries every way back"
    assert judge("", text) is judge("", text[:LONGEST])
