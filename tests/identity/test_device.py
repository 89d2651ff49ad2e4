from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import MINUTE, SECOND, Nanoseconds
from bartizan.identity.device import (
    AHEAD,
    CLAIMS,
    GOOD_FOR,
    ITSELF,
    NEVER,
    NOTHING,
    Device,
    Posture,
    Seen,
    seen,
)

START = Nanoseconds(1_800_000_000 * SECOND)
ALL = tuple(CLAIMS)


def device(*postures: Posture) -> Device:
    return Device("device.laptop", "k" * 43, "user.ada", postures=postures)


def claimed(found: Seen) -> set[str]:
    return {name for name in CLAIMS if getattr(found, name)}


def test_a_device_of_which_nothing_is_claimed_is_known_and_no_more() -> None:
    assert seen(device(), START, GOOD_FOR) == (Seen(device_known=True), None)
    assert not NOTHING.device_known
    assert NOTHING.posture_age == NEVER


def test_what_is_outdated_is_unknown_and_what_is_unknown_is_not_so() -> None:
    told = device(Posture(ITSELF, START, ALL))
    last = Nanoseconds(START + GOOD_FOR - 1)
    assert claimed(seen(told, last, GOOD_FOR)[0]) == set(ALL)
    after = seen(told, Nanoseconds(START + GOOD_FOR), GOOD_FOR)[0]
    assert after == Seen(device_known=True)


def test_an_authoritys_word_counts_before_the_devices_own_however_new_that_is() -> None:
    said = Posture("mdm", START, ("firewall",)), Posture(ITSELF, Nanoseconds(START + MINUTE), ALL)
    found, _ = seen(device(*said), Nanoseconds(START + MINUTE), GOOD_FOR)
    assert (found.posture_by, claimed(found), found.posture_age) == ("mdm", {"firewall"}, 1)
    found, _ = seen(device(*said), Nanoseconds(START + GOOD_FOR), GOOD_FOR)
    assert found.posture_by == ITSELF


def test_claims_from_the_future_do_not_count_before_it_is_there() -> None:
    far = Nanoseconds(START + AHEAD + 5)
    found, until = seen(device(Posture("mdm", far, ALL)), START, GOOD_FOR)
    assert (found, until) == (Seen(device_known=True), START + 5)
    found, _ = seen(device(Posture("mdm", far, ALL)), Nanoseconds(START + 5), GOOD_FOR)
    assert (found.posture_by, found.posture_age) == ("mdm", 0)


@given(st.integers(0, GOOD_FOR + MINUTE), st.integers(1, GOOD_FOR + MINUTE))
def test_until_the_instant_that_is_told_nothing_changes(age: int, later: int) -> None:
    told, now = device(Posture(ITSELF, START, ("firewall",))), Nanoseconds(START + age)
    found, until = seen(told, now, GOOD_FOR)
    then = Nanoseconds(now + later)
    if until is None or then < until:
        assert seen(told, then, GOOD_FOR)[0] == found
    if until is not None:
        assert until > now
        assert seen(told, until, GOOD_FOR)[0] != found


@given(st.integers(0, GOOD_FOR - 1))
def test_an_age_is_never_told_younger_than_it_is(age: int) -> None:
    found, _ = seen(device(Posture(ITSELF, START, ())), Nanoseconds(START + age), GOOD_FOR)
    assert age <= found.posture_age * MINUTE < age + MINUTE
