"""Sources take turns, each keeps its order, and who waits for most loses when there is no more room."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.fair_queue import FairQueue

MOST = 6
STEPS = st.lists(st.tuples(st.sampled_from(["put", "put", "put", "take", "drop"]), st.sampled_from("abcd")))


@given(STEPS)
def test_every_item_leaves_once_and_no_more_wait_than_may(steps: list[tuple[str, str]]) -> None:
    queue, waiting = FairQueue[tuple[str, int]](MOST), list[tuple[str, int]]()
    for number, (does, source) in enumerate(steps):
        if does == "put":
            waiting.append((source, number))
            lost = queue.put(source, (source, number))
            if lost is not None:
                counts = Counter(each for each, _ in waiting)
                assert counts[lost[0]] == max(counts.values())
                assert lost == [each for each in waiting if each[0] == lost[0]][-1]
                waiting.remove(lost)
        elif does == "take":
            taken = queue.take()
            assert (taken is None) == (not waiting)
            if taken is not None:
                assert taken == next(each for each in waiting if each[0] == taken[0])
                waiting.remove(taken)
        else:
            own = [each for each in waiting if each[0] == source]
            queue.drop(source, own[0] if own else (source, -1))
            waiting = [each for each in waiting if not own or each != own[0]]
        assert len(queue) == len(waiting) <= MOST


@given(st.lists(st.sampled_from("abcd"), max_size=40))
def test_nobody_is_taken_twice_while_another_source_waits(sources: list[str]) -> None:
    queue = FairQueue[str](100)
    for source in sources:
        assert queue.put(source, source) is None
    taken = [queue.take() for _ in sources]
    left = Counter(sources)
    round_: set[str] = set()
    for each in taken:
        assert each is not None
        if each in round_:
            assert not [other for other, count in left.items() if count and other not in round_]
            round_.clear()
        round_.add(each)
        left[each] -= 1


def test_a_flood_of_one_source_loses_its_own() -> None:
    queue = FairQueue[str](3)
    for number in range(10):
        assert queue.put("flood", f"f{number}") == (None if number < 3 else f"f{number}")
    assert queue.put("honest", "h") == "f2"
    assert [queue.take() for _ in range(4)] == ["f0", "h", "f1", None]
