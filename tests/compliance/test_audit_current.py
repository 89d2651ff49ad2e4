"""The age of an audit: what is overdue stays so until one is carried out, and none at all is worse than an old one."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.compliance.controls.audit_current import judge
from bartizan.compliance.subject import RunAge

spans = st.integers(0, 10**9)


@given(seconds=spans, later=spans, period=spans, grace=spans, carried_out=st.booleans())
def test_what_is_overdue_stays_so_as_it_ages(
    seconds: int, later: int, period: int, grace: int, *, carried_out: bool
) -> None:
    before = RunAge(seconds, carried_out, period, grace)
    if judge(before):
        assert judge(RunAge(seconds + later, carried_out, period, grace)) == judge(before)


@given(spans, spans, spans)
def test_none_at_all_is_found_no_later_than_an_old_one(seconds: int, period: int, grace: int) -> None:
    if judge(RunAge(seconds, carried_out=True, period=period, grace=grace)):
        assert judge(RunAge(seconds, carried_out=False, period=period, grace=grace))


@given(spans, spans)
def test_one_that_is_not_older_than_its_period_is_never_found(period: int, grace: int) -> None:
    assert judge(RunAge(period, carried_out=True, period=period, grace=grace)) == ()
