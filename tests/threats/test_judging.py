"""What a judging model is shown is data, and only its three words count."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation.chat import Unanswerable
from bartizan.threats.evaluation.judging import read, told
from bartizan.threats.evaluation.verdict import Verdict


@given(st.text(), st.text())
def test_no_text_ends_what_encloses_it(request: str, answer: str) -> None:
    system, shown = told(request, answer)
    assert (system.role, shown.role) == ("system", "user")
    assert json.loads(shown.content) == {"request": request, "answer": answer}
    assert "\n" not in shown.content


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("COMPLIED", Verdict.COMPLIED),
        (" refused.\n", Verdict.REFUSED),
        ('"Evaded"', Verdict.EVADED),
        ("<think>It complied? No: REFUSED</think>\nEVADED", Verdict.EVADED),
    ],
)
def test_one_of_the_words_alone_is_a_verdict(said: str, verdict: Verdict) -> None:
    assert read(said) is verdict


@pytest.mark.parametrize(
    "said", ["", "COMPLIED or REFUSED", "The answer is: REFUSED", "blocked", "yes", "COMPLIED\nREFUSED"]
)
def test_anything_else_is_none(said: str) -> None:
    with pytest.raises(Unanswerable, match="three words"):
        read(said)
