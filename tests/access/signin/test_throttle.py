"""The throttle: by source, bounded, and never against who has proven itself there."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.throttle import BURST, EVERY, FLAGGED_BURST, Throttle
from bartizan.clock import DAY, Nanoseconds

NOW = Nanoseconds(10**18)


def test_a_source_that_keeps_failing_waits_and_others_do_not() -> None:
    throttle = Throttle()
    for _ in range(BURST):
        assert not throttle.wait("a-bad", "c-1", NOW)
        throttle.failed("a-bad", NOW)
    assert 0 < throttle.wait("a-bad", "c-1", NOW) <= EVERY
    assert not throttle.wait("a-good", "c-1", NOW)


def test_waiting_is_over_after_the_time_that_was_told() -> None:
    throttle = Throttle()
    for _ in range(BURST + 5):
        throttle.failed("a-bad", NOW)
    wait = throttle.wait("a-bad", "c-1", NOW)
    assert not throttle.wait("a-bad", "c-1", Nanoseconds(NOW + wait))


@given(tries=st.lists(st.sampled_from(["c-robot", "c-other", "c-x"]), max_size=100))
def test_nobody_else_makes_a_client_wait_where_it_has_proven_itself(tries: list[str]) -> None:
    throttle = Throttle()
    throttle.granted("a-office", "c-robot")
    for _ in tries:
        throttle.failed("a-office", NOW)
    throttle.flag("a-office", Nanoseconds(NOW + DAY))
    assert not throttle.wait("a-office", "c-robot", NOW)


def test_a_flagged_source_may_try_less_until_it_is_cleared() -> None:
    throttle = Throttle()
    throttle.flag("a-bad", Nanoseconds(NOW + DAY))
    for _ in range(FLAGGED_BURST):
        throttle.failed("a-bad", NOW)
    assert throttle.wait("a-bad", "c-1", NOW)
    throttle.clear("a-bad")
    assert not throttle.wait("a-bad", "c-1", NOW)


def test_what_is_remembered_is_bounded_and_who_tried_most_is_kept() -> None:
    throttle = Throttle(sources=32, proven=4)
    for _ in range(BURST + 5):
        throttle.failed("a-bad", NOW)
    for n in range(1000):
        throttle.failed(f"a-{n}", NOW)
        throttle.granted("a-1", f"c-{n}")
    assert throttle.wait("a-bad", "c-x", NOW)
    assert len(throttle._due) == 32
    assert len(throttle._proven) == 4
