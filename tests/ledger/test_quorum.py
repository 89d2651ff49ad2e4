"""As many witnesses as are wanted, of one and the same checkpoint, however slow each of them is."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import words
from bartizan.ledger.quorum import OPEN, Quorum
from tests.ledger.histories import NOW, History, cosigner

HISTORY = History(40)
NOTES = {size: HISTORY.note(size) for size in range(1, 41)}
ALL = {name: cosigner(f"{name}.example.com/w") for name in ("one", "two", "three")}


def lines(name: str, size: int) -> bytes:
    return ALL[name].sign(parse_point(NOTES[size])[0], NOW)


def test_a_checkpoint_has_a_quorum_with_the_last_that_is_wanted() -> None:
    quorum = Quorum(2)
    quorum.begin(NOTES[5])
    assert quorum.add(NOTES[5], "one", lines("one", 5)) is None
    assert quorum.add(NOTES[5], "one", lines("one", 5)) is None  # one witness twice is one witness
    found = quorum.add(NOTES[5], "three", lines("three", 5))
    assert found is not None
    assert (found.size, found.count) == (5, 2)
    point, note = parse_point(found.note)
    assert set(words([one.witness for one in ALL.values()], point, note)) == {
        "one.example.com/w",
        "three.example.com/w",
    }
    more = quorum.add(NOTES[5], "two", lines("two", 5))
    assert more is not None
    assert more.count == 3


def test_signatures_of_two_checkpoints_do_not_add_up() -> None:
    quorum = Quorum(2)
    quorum.begin(NOTES[5])
    quorum.begin(NOTES[6])
    assert quorum.add(NOTES[5], "one", lines("one", 5)) is None
    assert quorum.add(NOTES[6], "two", lines("two", 6)) is None


def test_one_that_is_slow_still_counts_for_what_it_was_asked_about() -> None:
    quorum = Quorum(2)
    for size in range(5, 5 + OPEN):
        quorum.begin(NOTES[size])
        assert quorum.add(NOTES[size], "one", lines("one", size)) is None
    assert quorum.add(NOTES[5], "two", lines("two", 5)) is not None
    quorum.begin(NOTES[40])
    assert quorum.add(NOTES[5], "three", lines("three", 5)) is None  # given up by now


def test_what_nobody_was_asked_about_counts_for_nothing() -> None:
    assert Quorum(1).add(NOTES[5], "one", lines("one", 5)) is None


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(sorted(ALL))), max_size=30), st.integers(1, 3))
def test_what_is_handed_out_never_gets_smaller(said: list[tuple[int, str]], wanted: int) -> None:
    quorum, largest = Quorum(wanted, 7), 7
    for size, name in said:
        quorum.begin(NOTES[size])
        found = quorum.add(NOTES[size], name, b"")
        if found is not None:
            assert found.size >= largest
            assert found.count >= wanted
            largest = found.size
