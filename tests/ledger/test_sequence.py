"""Everything that was flushed comes into the tree, once, in the order of its segment; nothing else does."""

import fcntl
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ledger.event import Outcome, encode
from bartizan.ledger.installation import CHECKPOINT, PlatformRunning, segment_path
from bartizan.ledger.pending import MOST
from bartizan.ledger.query import Query, query
from bartizan.ledger.segment import seal
from bartizan.ledger.sequence import SegmentTaken, Sequencer
from bartizan.ledger.signing import TreeDiffers
from bartizan.ledger.tail import Found, Tailed
from bartizan.ledger.tree import Frontier, leaf_hash
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, Ground, admit, complete, fill, request


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path / "ledger")


def kinds(ground: Ground) -> list[str]:
    return [entry.event.kind for entry in query(ground.folder, Query(limit=100_000))]


def lost(ground: Ground) -> list[str]:
    asked = Query(kind="gateway.request.completed", outcome=Outcome.FAILED, limit=100_000)
    return [entry.event.subject for entry in query(ground.folder, asked)]


def intact(ground: Ground) -> None:
    found = verify(ground.folder, KEYS.verifiers, ground.sequencer.checkpoint())
    assert found.faults == ()
    assert found.entries == found.signed == ground.sequencer.size


def test_what_was_flushed_is_in_the_tree_and_what_was_not_is_not(ground: Ground) -> None:
    journal = ground.journal(1)
    admit(journal, 1)
    assert ground.tail() == 1
    journal.flush()
    assert ground.tail() == 1
    assert ground.tail() == 0
    assert kinds(ground) == ["ledger.segment.opened", "gateway.request.admitted"]
    intact(ground)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40), st.booleans()), max_size=12))
def test_every_segments_records_come_in_order_whatever_the_turns(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, int, bool]]
) -> None:
    ground = Ground(tmp_path_factory.mktemp("s") / "ledger")
    journals = {number: ground.journal(number) for number in (1, 2, 3)}
    for number, count, reopened in turns:
        for each in range(count):
            ground.clock.at += 10
            admit(journals[number], each)
        journals[number].flush()
        ground.sequencer.tail()
        if reopened:
            ground.reopen()
    ground.tail()
    entries = query(ground.folder, Query(limit=100_000))
    for number, journal in journals.items():
        assert [entry.sequence for entry in entries if entry.segment == number] == list(
            range(journal.sequence)
        )
    intact(ground)
    ground.sequencer.release()


def test_the_signed_root_is_that_of_the_entries(ground: Ground) -> None:
    fill(ground, 1, 700)
    signed = KEYS.verifiers.open(ground.sequencer.checkpoint())
    tree = Frontier()
    tree.append(leaf_hash(entry) for entry in ground.entries())
    assert (signed.size, signed.root) == (1401, tree.root())
    assert (ground.folder / CHECKPOINT).read_bytes() == ground.sequencer.checkpoint()


def test_a_checkpoint_is_signed_only_when_the_tree_has_grown(ground: Ground) -> None:
    assert ground.sequencer.checkpoint() == b""
    journal = fill(ground, 1, 1)
    first = ground.sequencer.checkpoint()
    ground.clock.at += 10**12
    assert ground.sequencer.checkpoint() == first
    admit(journal, 5)
    journal.flush()
    ground.tail()
    assert KEYS.verifiers.open(ground.sequencer.checkpoint()).size == 4


def test_a_dead_writers_open_requests_are_declared_lost_and_the_finished_are_not(ground: Ground) -> None:
    journal = fill(ground, 1, 3)
    admit(journal, 7, "p-00000000000000bb")
    journal.flush()
    ground.sequencer.close(1)
    assert kinds(ground)[-2:] == ["ledger.segment.recovered", "gateway.request.completed"]
    (entry,) = query(ground.folder, Query(subject=request(7), outcome=Outcome.FAILED))
    assert (entry.segment, entry.event.actor) == (0, "p-00000000000000bb")
    assert entry.event.detail == {"admitted": 7, "reason": "lost"}
    assert lost(ground) == [request(7)]
    intact(ground)


def test_lost_requests_are_known_after_the_sealers_death_too(ground: Ground) -> None:
    journal = ground.journal(1)
    for number in range(3):
        admit(journal, number)
    complete(journal, 1)
    journal.flush()
    ground.tail()
    ground.reopen()
    complete(journal, 0)
    journal.flush()
    ground.reopen()
    ground.sequencer.recover()
    assert lost(ground) == [request(2)]
    ground.sequencer.recover()
    assert lost(ground) == [request(2)]
    intact(ground)


def test_a_request_may_be_completed_in_the_next_segment(ground: Ground) -> None:
    journal = ground.journal(1)
    admit(journal, 1)
    admit(journal, 2)
    fd, key = ground.segment(2, line=1)
    journal.next_segment(fd, key, 2)
    complete(journal, 1)
    journal.flush()
    ground.tail()
    assert lost(ground) == []
    assert ground.sequencer.open == (2,)
    ground.sequencer.close(2)
    assert lost(ground) == [request(2)]
    intact(ground)


def test_the_next_segment_waits_until_this_one_is_read_to_its_end(ground: Ground) -> None:
    journal = ground.journal(1)
    for number in range(12_000):  # several readings long
        admit(journal, number)
    fd, key = ground.segment(2, line=1)
    journal.next_segment(fd, key, 2)
    for number in range(12_000):
        complete(journal, number)
    journal.flush()
    ground.sequencer.tail()
    assert set(ground.sequencer.open) == {1, 2}
    ground.sequencer.close(2)
    assert not ground.sequencer.open
    assert lost(ground) == []
    segments = [entry.segment for entry in query(ground.folder, Query(limit=100_000))]
    assert segments == [*sorted(segments[:-1]), 0]
    intact(ground)


def test_however_far_a_line_is_ahead_each_octet_of_it_is_read_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: Counter[int] = Counter()
    look = Tailed.look

    def counted(self: Tailed, folder: Path) -> Found:
        looks[self.number] += 1
        return look(self, folder)

    monkeypatch.setattr(Tailed, "look", counted)
    journal = ground.journal(1)
    for number in range(2, 12):
        admit(journal, number)
        fd, key = ground.segment(number, line=1)
        journal.next_segment(fd, key, number)
    ground.tail()
    assert ground.sequencer.open == (11,)
    assert set(looks.values()) == {1}
    assert not ground.sequencer.behind
    intact(ground)


def test_a_sealer_that_is_behind_says_so_until_it_is_not(ground: Ground) -> None:
    journal = ground.journal(1)
    for number in range(12_000):  # several readings long
        admit(journal, number)
    journal.flush()
    turns = []
    while ground.sequencer.tail():
        turns.append(ground.sequencer.behind)
    assert turns[0]
    assert not turns[-1]


def test_a_clean_end_leaves_nothing_to_recover(ground: Ground) -> None:
    journal = fill(ground, 1, 2)
    journal.close()
    ground.tail()
    assert ground.sequencer.open == ()
    assert kinds(ground)[-1] == "ledger.segment.closed"
    ground.sequencer.close(1)
    assert kinds(ground)[-1] == "ledger.segment.closed"


def test_a_segments_file_goes_once_a_checkpoint_covers_it_and_not_before(ground: Ground) -> None:
    journal = fill(ground, 1, 2)
    journal.close()
    ground.tail()
    assert segment_path(ground.folder, 1).exists()
    ground.sequencer.checkpoint()
    assert not segment_path(ground.folder, 1).exists()
    ground.reopen()
    assert (ground.sequencer.open, ground.sequencer.altered) == ((), ())


def test_a_torn_end_is_cut_and_said(tmp_path: Path) -> None:
    for torn in range(0, 200, 17):
        ground = Ground(tmp_path / str(torn))
        journal = fill(ground, 1, 1)
        before = journal.used
        admit(journal, 9)
        journal.flush()
        os.truncate(segment_path(ground.folder, 1), journal.used - 1 - torn)
        ground.sequencer.close(1)
        (entry,) = query(ground.folder, Query(kind="ledger.segment.recovered"))
        assert entry.event.detail["records"] == 3
        assert entry.event.detail["torn"] == journal.used - 1 - torn - before
        assert not ground.sequencer.altered
        ground.sequencer.release()


@pytest.mark.parametrize("zeros", [1, 47, 4096, 70_000])
def test_zeros_that_a_power_loss_left_at_the_end_are_torn_not_altered(ground: Ground, zeros: int) -> None:
    journal = fill(ground, 1, 1)
    admit(journal, 9)
    journal.flush()
    with segment_path(ground.folder, 1).open("ab") as stream:
        stream.write(bytes(zeros))
    ground.tail()
    ground.reopen()
    ground.sequencer.recover()
    (entry,) = query(ground.folder, Query(kind="ledger.segment.recovered"))
    assert entry.event.detail == {"segment": 1, "records": 4, "torn": zeros}
    assert lost(ground) == [request(9)]
    intact(ground)
    assert not segment_path(ground.folder, 1).exists()


def test_zeros_with_anything_behind_them_are_an_alteration(ground: Ground) -> None:
    fill(ground, 1, 1)
    with segment_path(ground.folder, 1).open("ab") as stream:
        stream.write(bytes(50) + b"x")
    ground.sequencer.recover()
    assert ground.sequencer.altered == (1,)


def test_an_end_that_a_power_loss_took_after_it_was_read_is_no_alteration(ground: Ground) -> None:
    first, second = fill(ground, 1, 2), fill(ground, 2, 2)
    admit(second, 9)
    second.flush()
    ground.tail()
    for journal in (first, second):
        os.truncate(segment_path(ground.folder, journal.segment), 100)
    ground.reopen()
    ground.sequencer.recover()
    assert (ground.sequencer.altered, ground.sequencer.open) == ((), ())
    assert lost(ground) == [request(9)]
    intact(ground)


def test_an_altered_segment_is_stopped_kept_and_said_and_the_others_go_on(ground: Ground) -> None:
    first, second = ground.journal(1), ground.journal(2)
    for journal in (first, second):
        admit(journal, 1)
        journal.flush()
    data = bytearray(segment_path(ground.folder, 1).read_bytes())
    data[-40] ^= 1
    segment_path(ground.folder, 1).write_bytes(data)
    ground.tail()
    admit(second, 2)
    second.flush()
    ground.tail()
    assert (ground.sequencer.altered, ground.sequencer.open) == ((1,), (2,))
    (entry,) = query(ground.folder, Query(kind="ledger.segment.altered"))
    assert entry.event.detail == {"segment": 1, "sequence": 1, "fault": "checksum"}
    assert (entry.event.outcome, entry.event.control) == (Outcome.FOUND, "ledger.intact")
    ground.sequencer.close(2)
    ground.sequencer.checkpoint()
    assert segment_path(ground.folder, 1).exists()
    found = verify(ground.folder, KEYS.verifiers)
    assert [fault.word.value for fault in found.faults] == ["altered before it was sealed"]


@pytest.mark.parametrize("fault", ["missing", "shortened"])
def test_a_segment_that_is_taken_away_is_said(ground: Ground, fault: str) -> None:
    journal = fill(ground, 1, 2)
    if fault == "missing":
        segment_path(ground.folder, 1).unlink()
    else:
        os.truncate(segment_path(ground.folder, 1), journal.used - 1)
    ground.tail()
    (entry,) = query(ground.folder, Query(kind="ledger.segment.altered"))
    assert entry.event.detail["fault"] == fault
    assert ground.sequencer.altered == (1,)


def forge(ground: Ground, number: int, bodies: list[bytes]) -> None:
    """A writer gone bad: right tags over whatever it likes."""
    fd, first = ground.segment(number)
    key: bytes | bytearray = first
    for sequence, body in enumerate(bodies):
        record, key = seal(key, sequence, body)
        os.write(fd, record)
    os.close(fd)


def opening(number: int, writer: str = "worker") -> bytes:
    detail = f'"detail":{{"segment":{number},"writer":"{writer}"}}'
    return (
        f'{{"actor":"platform","at":5,"control":"",{detail},"kind":"ledger.segment.opened","outcome":"done","subject":""}}'
    ).encode()


def later(at: int) -> bytes:
    return (
        opening(1)
        .replace(b'"at":5', b'"at":%d' % at)
        .replace(b"opened", b"closed")
        .replace(b',"writer":"worker"', b"")
    )


@pytest.mark.parametrize(
    ("bodies", "fault", "taken"),
    [
        ([opening(1), b"not an event}"], "body", 1),
        ([opening(1), opening(1) + b" " + opening(1)], "body", 1),
        ([opening(2)], "body", 0),
        ([opening(1, "control")], "body", 0),
        ([later(5)], "body", 0),
        ([opening(1), later(4)], "order", 1),
        ([opening(1), later(6), later(7)], "order", 2),
    ],
)
def test_a_writer_gone_bad_is_stopped_at_what_is_no_proper_record(
    ground: Ground, bodies: list[bytes], fault: str, taken: int
) -> None:
    forge(ground, 1, bodies)
    ground.tail()
    assert ground.sequencer.altered == (1,)
    (entry,) = query(ground.folder, Query(kind="ledger.segment.altered"))
    assert entry.event.detail == {"segment": 1, "sequence": taken, "fault": fault}
    assert ground.sequencer.size == taken + 1


def test_records_after_the_closing_are_said_before_the_file_goes(ground: Ground) -> None:
    journal = fill(ground, 1, 1)
    journal.close()
    ground.tail()
    with segment_path(ground.folder, 1).open("ab") as stream:
        stream.write(b"more")
    ground.sequencer.checkpoint()
    assert ground.sequencer.altered == (1,)
    assert segment_path(ground.folder, 1).exists()


@pytest.mark.slow
def test_a_writer_cannot_open_more_requests_than_are_remembered(ground: Ground) -> None:
    journal = ground.journal(1)
    for number in range(MOST + 5):
        admit(journal, number)
        if number % 1000 == 0:
            journal.flush()
    journal.flush()
    ground.tail()
    assert lost(ground) == [request(number) for number in range(5)]


def test_a_number_is_given_once(ground: Ground) -> None:
    key = bytes(32)
    ground.sequencer.register(5, "worker", key)
    ground.sequencer.register(5, "worker", key)
    for number, other in ((5, bytes(31) + b"\1"), (4, key)):
        with pytest.raises(SegmentTaken):
            ground.sequencer.register(number, "worker", other)
    ground.reopen()
    ground.sequencer.register(5, "worker", key)
    ground.sequencer.close(5)
    ground.sequencer.checkpoint()
    with pytest.raises(SegmentTaken):
        ground.sequencer.register(5, "worker", key)
    assert ground.sequencer.next_number() > 5


def test_one_fills_a_ledger_at_a_time(ground: Ground) -> None:
    with pytest.raises(PlatformRunning):
        Sequencer(ground.folder, KEYS, ground.clock)
    ground.sequencer.release()
    Sequencer(ground.folder, KEYS, ground.clock).release()


def test_files_that_nobody_registered_are_said_if_they_hold_anything(ground: Ground) -> None:
    planted, empty = segment_path(ground.folder, 8), segment_path(ground.folder, 9)
    planted.write_bytes(b"planted")
    empty.touch()
    ground.sequencer.recover(live=[9])
    assert empty.exists()
    ground.sequencer.recover()
    assert not empty.exists()
    assert not planted.exists()
    assert planted.with_suffix(".refused").read_bytes() == b"planted"
    (entry,) = query(ground.folder, Query(kind="ledger.segment.altered"))
    assert entry.event.detail == {"segment": 8, "sequence": 0, "fault": "unregistered"}


def test_living_writers_are_left_alone_by_recovery(ground: Ground) -> None:
    fill(ground, 1, 1)
    fill(ground, 2, 1)
    ground.sequencer.recover(live=[2])
    assert ground.sequencer.open == (2,)


def test_a_rewritten_tree_is_neither_continued_nor_signed(ground: Ground) -> None:
    fill(ground, 1, 40)
    ground.sequencer.checkpoint()
    ground.sequencer._connection.execute("UPDATE state SET frontier = zeroblob(length(frontier))")
    ground.sequencer.release()
    with pytest.raises(TreeDiffers) as fault:
        Sequencer(ground.folder, KEYS, ground.clock)
    assert (fault.value.signed, fault.value.size) == (81, 81)
    assert "rewritten" in str(fault.value)


def test_after_a_failed_change_nothing_more_is_changed(ground: Ground) -> None:
    journal = fill(ground, 1, 1)
    ground.sequencer._connection.execute("INSERT INTO entries VALUES (3, x'00')")
    admit(journal, 5)
    journal.flush()
    with pytest.raises(Exception, match="UNIQUE"):
        ground.sequencer.tail()
    with pytest.raises(Exception, match="opened anew"):
        ground.sequencer.tail()
    with pytest.raises(Exception, match="opened anew"):
        ground.sequencer.register(9, "worker", bytes(32))


def test_the_body_in_the_tree_is_the_canonical_one(ground: Ground) -> None:
    fill(ground, 1, 1)
    entries = ground.entries()
    events = [entry.event for entry in query(ground.folder, Query())]
    assert [entry[16:] for entry in entries] == [encode(event) for event in events]
    assert [entry[:16] for entry in entries] == [
        (1).to_bytes(8, "big") + n.to_bytes(8, "big") for n in range(3)
    ]


def test_whether_a_segment_may_still_be_written_is_known_by_its_lock(ground: Ground) -> None:
    journal = fill(ground, 1, 1)
    fill(ground, 2, 1)
    assert not ground.sequencer.written()
    fcntl.flock(journal._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    copy = os.dup(journal._fd)
    assert ground.sequencer.written()
    assert not ground.sequencer.written({1})
    journal.close()
    assert ground.sequencer.written()  # another copy of the descriptor is left
    os.close(copy)
    assert not ground.sequencer.written()
    segment_path(ground.folder, 1).unlink()
    assert not ground.sequencer.written()
