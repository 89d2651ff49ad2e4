"""The one expression that reads many events takes what reading them one by one takes, and nothing else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.ledger.event import Event, NotAnEvent, Outcome, decode, encode
from bartizan.ledger.forms import Whole
from bartizan.ledger.grammar import Columns, _expression, _form, columns, columns_of
from tests.ledger.drawn import events


@given(st.lists(events(), max_size=20))
@example([Event(2**63 - 1, "access.principal.revoked", "owner", "", Outcome.DONE)])
@example([Event(0, "drill.attack.tried", "owner", "", Outcome.DONE, "", {"micros": 2**53 - 1})])
def test_many_events_are_read_as_each_alone(many: list[Event]) -> None:
    assert columns([encode(event) for event in many]) == columns_of(many)


@given(st.integers(1, 2**63), st.data())
def test_a_number_is_taken_exactly_up_to_its_bound(most: int, data: st.DataObject) -> None:
    form = re.compile(_form(Whole(most)))
    near = st.integers(most - 3, most + 3) | st.integers(0, 10 * most + 9) | st.integers(0, 2**64)
    number = data.draw(near.filter(lambda one: one >= 0))
    assert bool(form.fullmatch(str(number))) is (number <= most)
    assert not form.fullmatch(f"0{number}")


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("opened", {"boot": "ab" * 16, "format": 2, "segment": 7355269529559041, "writer": "worker"}),
        ("closed", {"next": 7355269529559042, "records": 53_750, "segment": 7355269529559041}),
    ],
)
def test_what_opens_and_closes_segments_is_read_as_fast_as_all_others(
    kind: str, detail: dict[str, int | str]
) -> None:
    """Their numbers are instants, of sixteen digits; one event that is read alone makes a thousand be read so."""
    body = encode(
        Event(1_795_720_100 * 10**9, f"ledger.segment.{kind}", "platform", "", Outcome.DONE, "", detail)
    )
    assert _expression().match(b"\n" + body + b"\n")


@given(st.lists(events(), min_size=2, max_size=6), st.data())
def test_no_body_may_hold_two_events_or_a_part_of_one(many: list[Event], data: st.DataObject) -> None:
    bodies = [encode(event) for event in many]
    at = data.draw(st.integers(0, len(bodies) - 2))
    glue = data.draw(st.sampled_from([b"\n", b",", b"", b" "]))
    joined = [*bodies[:at], bodies[at] + glue + bodies[at + 1], *bodies[at + 2 :]]
    cut = data.draw(st.integers(1, len(bodies[0]) - 1))
    for wrong in (joined, [*joined, b""], [bodies[0][:cut], bodies[0][cut:]], [bodies[0] + b"\n"]):
        assert len(columns(wrong)) < len(wrong)


@pytest.mark.slow
@given(st.lists(events(), max_size=4), st.binary(max_size=60), st.lists(events(), max_size=4))
def test_what_counts_ends_before_the_first_that_is_no_event(
    before: list[Event], wrong: bytes, after: list[Event]
) -> None:
    bodies = [*map(encode, before), wrong, *map(encode, after)]
    assert columns(bodies) == columns_of(before)


@given(events(), st.data())
def test_an_octet_changed_is_an_event_still_only_if_it_is_one_alone(
    event: Event, data: st.DataObject
) -> None:
    body = bytearray(encode(event))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        wanted = columns_of([decode(bytes(body))])
    except NotAnEvent:
        wanted = Columns()
    assert columns([bytes(body)]) == wanted
