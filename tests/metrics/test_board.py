"""What one process counts another reads, whole; who counted is replaced and nothing is lost; who lies is not believed."""

import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.metrics import board as module
from bartizan.metrics.board import OCTETS, Board, merged, read
from bartizan.metrics.family import NAME, Family, Kind, Series

SEEN = Family("seen", Kind.COUNTER, "Seen.", ("who", "why"))
STANDS = Family("stands", Kind.GAUGE, "Stands.")
TOOK = Family("took", Kind.HISTOGRAM, "Took.", ("who",), bounds=(1, 5, 25))
FAMILIES = (SEEN, STANDS, TOOK)
WORDS = st.sampled_from(["", "a", "b.c", "d-1"])


def memory() -> memoryview:
    return memoryview(bytearray(OCTETS))


@given(st.lists(st.tuples(WORDS, WORDS, st.integers(0, 40)), max_size=40), st.integers(0, 40))
def test_what_was_counted_is_read_and_counted_on_by_the_next(
    events: list[tuple[str, str, int]], dies_at: int
) -> None:
    shared = memory()
    counts: dict[tuple[str, str], int] = {}
    observed: dict[str, list[int]] = {}
    for start in (events[:dies_at], events[dies_at:]):
        here = Board(shared, FAMILIES)
        for who, why, size in start:
            here.words[here.place(SEEN, who, why)] += size
            counts[who, why] = counts.get((who, why), 0) + size
            took = here.distribution(TOOK, who)
            took.places[bisect_left(TOOK.bounds, size)] += 1
            took.total += size
            took.post()
            took.post()
            observed.setdefault(who, []).append(size)
    found, dropped = read(shared, FAMILIES)
    assert dropped == 0
    assert {each.values: each.numbers for each in found if each.family is SEEN} == {
        key: (count,) for key, count in counts.items()
    }
    for each in found:
        if each.family is TOOK:
            sizes = observed[each.values[0]]
            places = [
                sum(low < size <= high for size in sizes)
                for low, high in ((-1, 1), (1, 5), (5, 25), (25, 99))
            ]
            assert each.numbers == (*places, sum(sizes))


def test_a_gauge_begins_anew_and_a_counter_does_not() -> None:
    shared = memory()
    first = Board(shared, FAMILIES)
    first.words[first.place(STANDS)] = 7
    first.words[first.place(SEEN, "a", "b")] = 7
    Board(shared, FAMILIES)
    found = {each.family.name: each.numbers for each in read(shared, FAMILIES)[0]}
    assert found == {"seen": (7,), "stands": (0,)}


def test_series_beyond_the_room_are_counted_as_such_and_change_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SERIES", 3)
    shared = memory()
    here = Board(shared, FAMILIES)
    for number in range(10):
        here.words[here.place(SEEN, f"n{number}", "")] += number + 1
        here.words[here.place(SEEN, f"n{number}", "")] += number + 1
    found, dropped = read(shared, FAMILIES)
    assert [each.numbers for each in found] == [(2,), (4,), (6,)]
    assert dropped == 7


@pytest.mark.parametrize(
    "values", [("A", "b"), ("a",), ("a", "b\nc"), ("a", "b" * 64), ("é", "a"), ('"', "a")]
)
def test_what_is_no_name_is_no_label(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="labels"):
        Board(memory(), FAMILIES).place(SEEN, *values)


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_whatever_an_adversary_writes_is_read_as_known_families_or_not_at_all(
    seed: int, changes: int
) -> None:
    chance, shared = random.Random(seed), memory()  # noqa: S311 - to be repeated, not to be secret
    here = Board(shared, FAMILIES)
    here.place(SEEN, "a", "b")
    here.distribution(TOOK, "a")
    for _ in range(changes):
        shared[chance.randrange(2000)] = chance.randrange(256)
    found, _ = read(shared, FAMILIES)
    assert len(found) <= module.SERIES
    for each in found:
        assert each.family in FAMILIES
        assert all(NAME.fullmatch(value) for value in each.values)
    again = Board(shared, FAMILIES)  # and the next worker counts on without a fault
    for family, values in ((SEEN, ("a", "b")), (SEEN, ("c", "d"))):
        again.words[again.place(family, *values)] += 1


def test_boards_add_up() -> None:
    one = [Series(SEEN, ("a", "b"), (1,)), Series(TOOK, ("a",), (1, 0, 0, 1, 30))]
    other = [
        Series(SEEN, ("a", "b"), (2,)),
        Series(SEEN, ("a", ""), (5,)),
        Series(TOOK, ("a",), (0, 1, 0, 0, 3)),
    ]
    assert merged([one, other]) == [
        Series(SEEN, ("a", ""), (5,)),
        Series(SEEN, ("a", "b"), (3,)),
        Series(TOOK, ("a",), (1, 1, 0, 1, 33)),
    ]
