"""Steps go on record entry by entry and come back whole, or not at all."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.ledger.event import Event, Outcome
from bartizan.supply.provenance.step import Step
from bartizan.supply.provenance.told import RECORDED, Assembly, Told, entries
from tests.supply.provenance.drawn import digest, made, steps


def assembled(told: Sequence[Told]) -> list[Step | None]:
    """Return what each entry that closes a step gave."""
    assembly, found = Assembly(), []
    for each in told:
        if each.kind == RECORDED:
            found.append(assembly.closed(each.detail))
        else:
            assembly.part(each.kind, each.detail)
    return found


@given(steps())
def test_every_entry_of_a_step_may_stand_in_the_record(one: Step) -> None:
    for told in entries(one):
        assert (
            Event(Nanoseconds(1), told.kind, "owner", "", Outcome.DONE, "", told.detail).detail == told.detail
        )


@given(st.lists(steps(), max_size=4), st.data())
def test_steps_come_back_however_their_entries_are_mixed(some: list[Step], data: st.DataObject) -> None:
    waiting = [list(entries(one)) for one in some]
    told: list[Told] = []
    while any(waiting):
        told.append(data.draw(st.sampled_from([each for each in waiting if each])).pop(0))
    same = len({one.id for one in some}) < len(
        some
    )  # the same step twice: the second end may find nothing left
    found = [one for one in assembled(told) if one is not None]
    assert sorted({one.id for one in found}) == sorted({one.id for one in some})
    assert same or len(found) == len(some)


@given(steps(), st.data())
def test_a_step_of_which_an_entry_is_missing_or_another_was_added_is_none(
    one: Step, data: st.DataObject
) -> None:
    told = list(entries(one))
    gone = data.draw(st.integers(0, len(told) - 2))
    assert assembled([each for number, each in enumerate(told) if number != gone]) == [None]
    foreign = Told(
        "supply.step.made", {"step": one.id, "digest": digest("z"), "kind": "model", "seen": "read"}
    )
    assert assembled([foreign, *told]) == [None]
    later = [*told, foreign]
    assert assembled(later) == [one]  # who comes after the end changes nothing


@given(steps(), st.sampled_from(["stage", "materials", "products", "began", "ended", "origin", "step"]))
def test_an_end_that_says_something_else_closes_nothing(one: Step, field: str) -> None:
    *parts, end = entries(one)
    other = {**end.detail}
    del other[field]
    counted = field in {"materials", "products"}
    assert assembled([*parts, Told(end.kind, other)]) == [one if counted else None]


def test_what_is_no_entry_of_a_step_is_passed_over() -> None:
    one = made("ingest", "", "a")
    odd = [
        Told("supply.step.made", {"step": one.id}),
        Told("supply.step.made", {"digest": 3, "kind": "x", "seen": ""}),
    ]
    assert assembled([*odd, *entries(one)]) == [one]
    assert assembled([Told(RECORDED, {})]) == [None]
