import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.drill.attack import GotThrough, Held, Undecided
from bartizan.drill.verdict import Result, Standing, Tried, Verdict, exit_code, judge, rows
from tests.drill.scene import attack

CONTROL = "access.request-authenticated"


def tried(verdict: Verdict, control: str = CONTROL, name: str = "a", skill: int = 1) -> Tried:
    return Tried(attack(name, control, skill=skill), verdict, "said", 7, entry=1)


def result(*attempts: Tried, controls: tuple[str, ...] = ()) -> Result:
    return Result("00" * 8, "sample", rows(attempts), controls, 1.0)


def test_an_attack_that_got_through_breaks_only_a_promise_that_is_claimed() -> None:
    through = GotThrough("served")
    assert judge(attack(), through, 1, {CONTROL}).verdict is Verdict.BROKEN
    assert judge(attack(), through, 1, {"ledger.intact"}).verdict is Verdict.UNPROTECTED


@given(st.sampled_from([frozenset[str](), frozenset({CONTROL})]))
def test_what_could_not_be_tried_is_never_held(enforced: frozenset[str]) -> None:
    assert judge(attack(), Undecided("no"), 1, enforced).verdict is Verdict.UNDECIDED
    assert judge(attack(), Held("401"), 1, enforced).verdict is Verdict.HELD


@given(st.lists(st.sampled_from(Verdict), min_size=1, max_size=6))
def test_a_control_is_proven_only_when_every_attack_on_it_was_held(verdicts: list[Verdict]) -> None:
    row = rows(tried(verdict, name=f"a{place}") for place, verdict in enumerate(verdicts))[0]
    assert (row.standing is Standing.PROVEN) == all(verdict is Verdict.HELD for verdict in verdicts)
    assert (row.standing is Standing.BROKEN) == (Verdict.BROKEN in verdicts)
    assert row.held == verdicts.count(Verdict.HELD)


@given(
    st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from("abcd")), max_size=12),
    st.lists(st.sampled_from("abcdef"), unique=True),
)
def test_the_three_counts_add_up_to_every_control_there_is(
    attempts: list[tuple[Verdict, str]], controls: list[str]
) -> None:
    ran = result(*(tried(verdict, control) for verdict, control in attempts), controls=tuple(controls))
    every = {*controls, *(control for _verdict, control in attempts)}
    assert sum(ran.count(standing) for standing in Standing) == len(every)


def test_a_row_shows_what_got_through_before_what_was_hard() -> None:
    row = rows([tried(Verdict.HELD, name="hard", skill=4), tried(Verdict.BROKEN, name="easy")])[0]
    assert row.hardest.attack.name == "easy"
    row = rows([tried(Verdict.HELD, name="hard", skill=4), tried(Verdict.HELD, name="easy")])[0]
    assert row.hardest.attack.name == "hard"


@pytest.mark.parametrize(
    ("verdicts", "required", "code"),
    [
        ([Verdict.HELD], [], 0),
        ([Verdict.HELD], [CONTROL], 0),
        ([Verdict.UNPROTECTED], [], 0),
        ([Verdict.UNPROTECTED], [CONTROL], 1),
        ([Verdict.HELD], ["ledger.intact"], 1),
        ([Verdict.BROKEN], [], 1),
        ([Verdict.UNDECIDED], [], 3),
        ([Verdict.UNDECIDED, Verdict.BROKEN], [], 1),
        ([Verdict.HELD, Verdict.UNDECIDED], [CONTROL], 1),
    ],
)
def test_the_exit_code_says_the_worst(verdicts: list[Verdict], required: list[str], code: int) -> None:
    ran = result(*(tried(verdict, name=f"a{place}") for place, verdict in enumerate(verdicts)))
    assert exit_code(ran, required) == code


def test_a_run_that_is_not_on_record_is_not_clean() -> None:
    unrecorded = Tried(attack(), Verdict.HELD, "said", 7)
    assert exit_code(result(unrecorded), []) == 3
