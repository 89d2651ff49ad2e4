"""A connector delivers every entry that it is to, in order, at least once, whoever dies or refuses whenever."""

import random
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.app.shipping.courier import FIRST, IDLE, LAST, MOST, TRIES
from bartizan.app.shipping.cursor import Cursor, CursorFile
from bartizan.app.shipping.outcome import Later, Outcome, Refused, Taken
from bartizan.app.shipping.reading import leaf_before
from bartizan.ledger.entry import ORIGIN, Entry
from bartizan.ledger.query import Query, query
from tests.app.shipping.ground import Receiver, Shipyard, courier, in_order_at_least_once, run
from tests.ledger.test_prune import grown, prune


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return a ledger of more entries than a batch has, and how many."""
    folder = tmp_path_factory.mktemp("yard") / "ledger"
    return folder, Shipyard(folder).grow(700)


class Hostile(Receiver):
    """Says something else each time; of what it refuses it takes part, as real ones do, and says nothing of it."""

    def __init__(self, seed: int, poison: frozenset[int]) -> None:
        super().__init__(self._answer)
        self.chance = random.Random(seed)  # noqa: S311  # a failure is to be repeated
        self.poison, self.everything = poison, list[int]()

    def _answer(self, entries: Sequence[Entry]) -> Outcome:
        if any(entry.index in self.poison for entry in entries):
            return Refused("answered-400")
        if self.chance.random() < 0.4:
            self.everything += [entry.index for entry in entries[: self.chance.randrange(len(entries) + 1)]]
            return Later("unreachable", self.chance.random())
        self.everything += [entry.index for entry in entries]
        return Taken()


MEMORY = Path("/dev/shm")  # noqa: S108  # a folder whose syncs cost nothing; the cursors of one test lie there


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sets(st.integers(0, 699), max_size=3))
def test_every_entry_arrives_in_order_through_deaths_of_both_sides(
    yard: tuple[Path, int], seed: int, poison: set[int]
) -> None:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as cursors:
        _through_deaths(*yard, Path(cursors), seed, poison)


def _through_deaths(folder: Path, size: int, cursors: Path, seed: int, poison: set[int]) -> None:
    receiver = Hostile(seed, frozenset(poison))
    stuck = set(
        takewhile(poison.__contains__, range(size - 1, 0, -1))
    )  # nothing is behind them that it takes
    while True:
        one = courier(folder, cursors, receiver)  # as after a death: all that it knows lies in its cursor
        for _ in range(receiver.chance.randrange(1, 60)):
            one.turn()
        if one.next >= size - len(stuck):
            break
    wanted = [index for index in range(size) if index not in poison]
    assert in_order_at_least_once(receiver.everything, wanted)
    assert {first for what, first, _, _ in receiver.noted if what == "skipped"} == poison - stuck


def test_what_is_wanted_alone_is_delivered_and_the_cursor_passes_the_rest(
    yard: tuple[Path, int], tmp_path: Path
) -> None:
    folder, size = yard
    receiver = Receiver()
    one = courier(folder, tmp_path, receiver, kinds=("gateway.request",), outcomes=("denied",))
    run(one)
    entries = query(folder, Query(kind="gateway.request.refused", limit=10_000))
    assert receiver.indexes == [entry.index for entry in entries]
    assert one.next == size
    assert not any(
        "gateway.request" in entry.event.kind for entry in _delivered(folder, tmp_path / "b", ("access",))
    )


def _delivered(folder: Path, cursors: Path, kinds: tuple[str, ...]) -> list[Entry]:
    receiver = Receiver()
    run(courier(folder, cursors, receiver, kinds=kinds))
    assert receiver.taken
    return receiver.taken


def test_a_kind_is_meant_up_to_a_dot(yard: tuple[Path, int], tmp_path: Path) -> None:
    receiver = Receiver()
    run(courier(yard[0], tmp_path, receiver, kinds=("gateway.req", "gate")))
    assert receiver.taken == []


def test_one_that_begins_now_delivers_what_comes_from_then_on(tmp_path: Path) -> None:
    ground = Shipyard(tmp_path / "ledger")
    before = ground.grow(10)
    receiver = Receiver()
    one = courier(ground.folder, tmp_path / "cursors", receiver, start="now")
    run(one)
    assert receiver.taken == []
    after = ground.grow(5)
    run(courier(ground.folder, tmp_path / "cursors", receiver, start="now"))
    assert receiver.indexes == list(range(before, after))


def test_nothing_is_delivered_again_to_one_that_has_everything(
    yard: tuple[Path, int], tmp_path: Path
) -> None:
    receiver = Receiver()
    run(courier(yard[0], tmp_path, receiver))
    again = courier(yard[0], tmp_path, receiver)
    assert again.turn() == IDLE
    assert receiver.indexes == list(range(yard[1]))


def test_tries_come_later_each_time_up_to_a_minute_and_as_late_as_the_receiver_asks(
    yard: tuple[Path, int], tmp_path: Path
) -> None:
    one = courier(yard[0], tmp_path, Receiver(lambda _: Later("answered-503")))
    waits = [one.turn() for _ in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == FIRST * 0.75
    assert waits[-1] == LAST * 0.75
    assert one.word == "answered-503"
    patient = courier(yard[0], tmp_path, Receiver(lambda _: Later("answered-503", 120)))
    assert patient.turn() == 120


def test_one_entry_that_is_refused_is_found_by_halves_and_left_out_aloud(
    yard: tuple[Path, int], tmp_path: Path
) -> None:
    receiver = Receiver(
        lambda entries: Refused("answered-400") if any(e.index == 333 for e in entries) else Taken()
    )
    run(courier(yard[0], tmp_path, receiver))
    assert in_order_at_least_once(receiver.indexes, [index for index in range(yard[1]) if index != 333])
    assert receiver.noted == [("skipped", 333, 1, "answered-400")]
    assert len(receiver.batches) < 60


def test_neighbours_that_are_refused_are_each_left_out(yard: tuple[Path, int], tmp_path: Path) -> None:
    poison = {10, 11, 12, 300, 302}
    receiver = Receiver(
        lambda entries: Refused("rejected") if any(e.index in poison for e in entries) else Taken()
    )
    run(courier(yard[0], tmp_path, receiver))
    assert [first for _, first, _, _ in receiver.noted] == sorted(poison)
    assert in_order_at_least_once(
        receiver.indexes, [index for index in range(yard[1]) if index not in poison]
    )


def test_one_that_refuses_everything_gets_nothing_left_out(yard: tuple[Path, int], tmp_path: Path) -> None:
    """However long it goes on: else whoever answers for the receiver could have us forget."""
    receiver = Receiver(lambda _: Refused("answered-400"))
    one = courier(yard[0], tmp_path, receiver)
    for _ in range(20 * TRIES):
        one.turn()
    assert (one.next, one.word, receiver.noted) == (0, "answered-400", [])
    receiver.says = lambda _: Taken()
    run(one)
    assert receiver.indexes == list(range(yard[1]))


def test_nothing_is_left_out_that_cannot_be_put_on_record(yard: tuple[Path, int], tmp_path: Path) -> None:
    receiver = Receiver(
        lambda entries: Refused("answered-400") if any(e.index == 3 for e in entries) else Taken()
    )
    receiver.records = False
    one = courier(yard[0], tmp_path, receiver)
    for _ in range(40):
        one.turn()
    assert (one.next, one.word) == (3, "unrecorded")
    receiver.records = True
    run(one)
    assert receiver.noted == [("skipped", 3, 1, "answered-400")]


def test_a_ledger_that_was_put_back_and_went_another_way_is_delivered_from_its_beginning(
    tmp_path: Path,
) -> None:
    receiver = Receiver()
    for name, size in (("one", 20), ("other", 30)):  # the other one is longer where it differs
        ground = Shipyard(tmp_path / name)
        ground.clock.at += size  # else it would be the same one, and rightly taken for it
        ground.grow(size)
        run(courier(ground.folder, tmp_path / "cursors", receiver))
    grown = len(query(tmp_path / "one", Query(limit=100)))
    assert receiver.noted == [("restarted", grown, 0, "other-ledger")]
    assert receiver.indexes[grown:] == list(range(len(query(tmp_path / "other", Query(limit=100)))))


def test_a_ledger_that_was_put_back_and_is_shorter_is_delivered_from_its_beginning(tmp_path: Path) -> None:
    receiver = Receiver()
    for name, size in (("one", 20), ("other", 5)):
        ground = Shipyard(tmp_path / name)
        ground.clock.at += size  # else it would be the same one, and rightly taken for it
        ground.grow(size)
        run(courier(ground.folder, tmp_path / "cursors", receiver))
    assert [what for what, *_ in receiver.noted] == ["restarted"]
    assert receiver.taken[-1].index < 20


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"next":-1}', b'{"next":5}', b'{"next":0,"leaf":"ab"}', b"\xff", b"[" * 5000]
)
def test_a_cursor_that_cannot_be_read_is_no_beginning_that_nobody_hears_of(
    yard: tuple[Path, int], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "siem.json").write_bytes(content)
    receiver = Receiver()
    one = courier(yard[0], tmp_path, receiver)
    run(one)
    assert receiver.noted == [("restarted", 0, 0, "cursor-unreadable")]
    assert receiver.indexes == list(range(yard[1]))


def test_a_cursor_is_where_it_was_left_and_nobody_elses(yard: tuple[Path, int], tmp_path: Path) -> None:
    run(courier(yard[0], tmp_path, Receiver()))
    kept = CursorFile(tmp_path, "siem").load()
    assert kept == Cursor(yard[1], leaf_before(yard[0], yard[1]))
    assert CursorFile(tmp_path, "other").load() is None
    assert (tmp_path / "siem.json").stat().st_mode & 0o777 == 0o600


def test_where_no_cursor_can_be_kept_nothing_is_lost_and_little_is_told_twice(
    yard: tuple[Path, int], tmp_path: Path
) -> None:
    blocked = tmp_path / "cursors"
    blocked.write_text("a file, where a folder should be")
    receiver = Receiver()
    one = courier(yard[0], blocked, receiver)
    for _ in range(5):
        one.turn()
    assert one.word == "cursor-unwritable"
    assert receiver.taken == []
    blocked.unlink()
    run(one)
    assert receiver.indexes == list(range(yard[1]))


def test_a_ledger_that_is_damaged_is_waited_for_and_no_entry_of_it_is_jumped_over(tmp_path: Path) -> None:
    ground = Shipyard(tmp_path / "ledger")
    size = ground.grow(30)
    connection = ground.apart()
    kept = connection.execute("SELECT entry FROM entries WHERE number = 12").fetchone()
    connection.execute("DELETE FROM entries WHERE number = 12")
    receiver = Receiver()
    one = courier(ground.folder, tmp_path / "cursors", receiver)
    one.turn()
    assert (one.word, one.next) == ("ledger-unreadable", 0)
    connection.execute("INSERT INTO entries VALUES (12, ?)", kept)
    run(one)
    assert receiver.indexes == list(range(size))


def test_a_batch_has_so_many_entries_and_no_more(yard: tuple[Path, int], tmp_path: Path) -> None:
    receiver = Receiver()
    run(courier(yard[0], tmp_path, receiver))
    assert max(receiver.batches) <= MOST
    assert len(receiver.batches) <= yard[1] // MOST + 2


def test_what_was_pruned_before_it_could_be_delivered_is_on_record_and_the_rest_arrives(
    tmp_path: Path,
) -> None:
    ground = grown(tmp_path / "ledger", 800)
    gone = prune(ground)
    left = [index for index, entry in enumerate(ground.entries()) if len(entry) > ORIGIN.size]
    receiver = Receiver()
    one = courier(ground.folder, tmp_path / "cursors", receiver)
    one.turn()
    run(courier(ground.folder, tmp_path / "cursors", receiver))  # the first of them died
    assert receiver.indexes == left
    ((what, first, count, why),) = receiver.noted
    assert (what, count, why) == ("skipped", gone, "pruned")
    assert first not in left
