"""What the journal said is written is written; after a failure it takes nothing, so that callers fail closed."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SetClock
from bartizan.ledger.event import Event, NotAnEvent, Outcome, decode
from bartizan.ledger.journal import Journal, JournalUnwritable, OutOfOrder
from bartizan.ledger.segment import read
from tests.descriptors import close_left

BOOT = "cd" * 16
OPENED: list[tuple[Path, int]] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        folder, fd = OPENED.pop()
        close_left(folder, [fd])


def begin(folder: Path, number: int = 7, clock: SetClock | None = None) -> tuple[Journal, Path, bytes]:
    path, key = folder / f"{number}.journal", os.urandom(32)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    OPENED.append((folder, fd))
    return Journal(fd, bytearray(key), number, "worker", BOOT, clock or SetClock(1000)), path, key


def events(path: Path, key: bytes) -> list[Event]:
    batch = read(path.read_bytes(), key, 0)
    assert batch.fault is None
    return [decode(body) for body in batch.bodies]


def note(journal: Journal, number: int = 0) -> int:
    return journal.record("platform.process.started", "platform", "", Outcome.DONE, "", {"number": number})


def test_record_0_names_the_segment_and_is_there_at_once(tmp_path: Path) -> None:
    _, path, key = begin(tmp_path)
    (opened,) = events(path, key)
    assert opened.kind == "ledger.segment.opened"
    assert opened.detail == {"writer": "worker", "segment": 7, "boot": BOOT, "format": 2}


@pytest.mark.sources
def test_the_first_key_is_overwritten_once_record_0_is_written(tmp_path: Path) -> None:
    key = bytearray(os.urandom(32))
    fd = os.open(tmp_path / "s", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    first = bytes(key)
    journal = Journal(fd, key, 1, "worker", BOOT, SetClock(0))
    (batch,) = [read((tmp_path / "s").read_bytes(), first, 0)]
    assert key == batch.key != first  # moved on in place
    held = [
        value for name in journal.__slots__ if isinstance(value := getattr(journal, name), bytes | bytearray)
    ]
    assert first not in held


def test_the_first_key_of_a_further_segment_is_overwritten_where_it_came(tmp_path: Path) -> None:
    journal, _, _ = begin(tmp_path)
    further, first = bytearray(os.urandom(32)), bytearray(32)
    first[:] = further
    journal.next_segment(os.open(tmp_path / "t", os.O_WRONLY | os.O_APPEND | os.O_CREAT), further, 2)
    assert further == bytes(32)
    assert len(read((tmp_path / "t").read_bytes(), first, 0).bodies) == 1


def test_records_are_written_by_flush_in_order_with_one_write(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    before = path.stat().st_size
    assert [note(journal, number) for number in range(1, 4)] == [1, 2, 3]
    assert path.stat().st_size == before
    journal.flush()
    assert [event.detail.get("number") for event in events(path, key)[1:]] == [1, 2, 3]
    assert journal.used == path.stat().st_size


def test_more_than_a_frame_takes_is_written_with_one_write_all_the_same(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    numbers = list(range(1, 1001))
    for number in numbers:
        note(journal, number)
    journal.flush()
    note(journal, 1001)
    journal.flush()
    assert [event.detail.get("number") for event in events(path, key)[1:]] == [*numbers, 1001]


@given(st.lists(st.integers(0, 2**40), max_size=20))
def test_time_never_goes_back_in_a_journal(
    tmp_path_factory: pytest.TempPathFactory, instants: list[int]
) -> None:
    clock = SetClock(0)
    journal, path, key = begin(tmp_path_factory.mktemp("j"), clock=clock)
    for clock.at in instants:
        note(journal)
    journal.flush()
    times = [event.at for event in events(path, key)]
    assert times == sorted(times)
    assert max([0, *instants]) == times[-1]


def test_an_event_from_before_the_last_one_is_refused(tmp_path: Path) -> None:
    journal, _, _ = begin(tmp_path)
    with pytest.raises(OutOfOrder) as fault:
        journal.add(Event(400, "platform.process.started", "platform", "", Outcome.DONE))
    assert fault.value.by == 600


def test_what_is_no_event_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    with pytest.raises(NotAnEvent):
        journal.record("platform.process.started", "platform", "", Outcome.DONE, "", {"number": "ten"})
    note(journal)
    journal.flush()
    assert len(events(path, key)) == 2


def test_the_next_segment_continues_where_this_one_closes(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    note(journal)
    following, next_key = tmp_path / "8.journal", os.urandom(32)
    fd = os.open(following, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    journal.next_segment(fd, bytearray(next_key), 8)
    note(journal)
    journal.flush()
    assert [event.kind for event in events(path, key)][1:] == [
        "platform.process.started",
        "ledger.segment.closed",
    ]
    assert events(path, key)[-1].detail == {"segment": 7, "records": 2, "next": 8}
    assert events(following, next_key)[0].detail["after"] == 7
    assert len(events(following, next_key)) == 2


def test_half_full_is_when_to_ask_for_the_next(tmp_path: Path) -> None:
    journal, _, _ = begin(tmp_path)
    journal.capacity = journal.used * 2
    assert not journal.nearly_full
    note(journal)
    journal.flush()
    assert journal.nearly_full


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    journal.close()
    assert events(path, key)[-1].kind == "ledger.segment.closed"
    with pytest.raises(JournalUnwritable):
        note(journal)
    with pytest.raises(JournalUnwritable):
        journal.flush()


def test_a_full_disk_ends_the_journal_for_good() -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(JournalUnwritable) as fault:
        Journal(fd, bytearray(32), 9, "worker", BOOT, SetClock(0))
    assert fault.value.segment == 9
    os.close(fd)


def test_a_short_write_ends_the_journal_for_good(tmp_path: Path) -> None:
    journal, path, key = begin(tmp_path)
    for number in range(10):
        note(journal, number)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.used + 300, hard))
        with pytest.raises(JournalUnwritable):
            journal.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    for refused in (lambda: note(journal), journal.flush):
        with pytest.raises(JournalUnwritable):
            refused()
    assert len(events(path, key)) == 1  # the opening; of the ten, nobody was told that they are written


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "s", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(JournalUnwritable):
        Journal(fd, bytearray(16), 1, "worker", BOOT, SetClock(0))
    os.close(fd)


def test_sync_reaches_the_disk_or_ends_the_journal(tmp_path: Path) -> None:
    journal, _, _ = begin(tmp_path)
    journal.sync()
    os.close(journal._fd)
    with pytest.raises(JournalUnwritable):
        journal.sync()
    assert journal.broken


WRITER = """
import os, sys
from bartizan.clock import SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
journal = Journal(fd, bytearray.fromhex(sys.argv[2]), 1, "worker", "00" * 16, SystemClock())
number = 0
while True:
    for _ in range(3):
        number += 1
        journal.record("platform.process.started", "platform", "", Outcome.DONE, "", {"number": number})
    journal.flush()
    os.write(1, b"%d\\n" % number)
"""


@pytest.mark.slow
@pytest.mark.parametrize("instant", range(12))
def test_a_writer_killed_at_any_moment_loses_nothing_it_flushed(tmp_path: Path, instant: int) -> None:
    path, key = tmp_path / "1.journal", os.urandom(32)
    with subprocess.Popen([sys.executable, "-c", WRITER, path, key.hex()], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(1 + 37 * instant)]
        writer.kill()
        rest = writer.stdout.read().split(b"\n")[:-1]
        told += [int(line) for line in rest]
    batch = read(path.read_bytes(), key, 0)
    assert batch.fault is None
    numbers = [decode(body).detail.get("number") for body in batch.bodies][1:]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= told[-1]
