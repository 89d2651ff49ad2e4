"""A damaged ledger is put together again from what is left of it, and nothing that was ever signed is given up for that."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.ledger.database import FILE, copy
from bartizan.ledger.entry import ORIGIN
from bartizan.ledger.export import export
from bartizan.ledger.installation import CHECKPOINT, PlatformRunning, read_small
from bartizan.ledger.installation import KEYS as PUBLIC
from bartizan.ledger.query import MOST, Query, query
from bartizan.ledger.restore import Restored, restore
from bartizan.ledger.restore_refusal import NoKeys
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, Ground, complete, fill
from tests.ledger.ground import admit as admit_one
from tests.ledger.test_prune import grown
from tests.ledger.test_prune import prune as prune_all


class Signed(Ground):
    """A signed ledger of 400 requests whose segment is still written, in which one request is open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
        self.writing = fill(self, 1, 400)
        admit_one(self.writing, 4711)
        self.writing.flush()
        self.tail()
        self.sequencer.checkpoint()


def again(ground: Ground) -> list[bytes]:
    """Open the ledger as the sealer after a restoration does; return its entries."""
    ground.open()
    return ground.entries()


def damaged(ground: Ground, statement: str, *values: object) -> None:
    ground.sequencer.release()
    with sqlite3.connect(ground.folder / FILE) as connection:
        connection.execute(statement, values)


def intact(folder: Path, note: bytes) -> None:
    found = verify(folder, KEYS.verifiers, note)
    assert found.faults == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tiles WHERE level = 0 AND number % 3 = 0",
        "DELETE FROM tiles",
        "DELETE FROM blocks",
        "UPDATE blocks SET terms = x'00'",
        "UPDATE tiles SET hashes = zeroblob(512) WHERE number = 2",
        "UPDATE tiles SET hashes = x'0102'",
        "UPDATE state SET frontier = x'', size = 3",
    ],
)
def test_what_follows_from_the_entries_is_made_anew(tmp_path: Path, statement: str) -> None:
    ground = Signed(tmp_path)
    before, note = ground.entries(), read_small(tmp_path / CHECKPOINT)
    damaged(ground, statement)
    done = restore(tmp_path, [])
    assert (done.entries, done.signed, done.lost, done.whole) == (len(before), len(before), 0, True)
    assert again(ground) == before
    intact(tmp_path, note)


def test_the_segment_that_was_being_written_is_sealed_on(tmp_path: Path) -> None:
    ground = Signed(tmp_path)
    journal = ground.writing
    damaged(ground, "DELETE FROM tiles")
    complete(journal, 4711)
    journal.flush()
    restore(tmp_path, [])
    before = len(again(ground))
    assert ground.tail() == 1
    ground.sequencer.recover()
    assert ground.sequencer.altered == ()
    assert b"lost" not in b"".join(ground.entries()[before:])
    ground.sequencer.checkpoint()
    intact(tmp_path, read_small(tmp_path / CHECKPOINT))


@pytest.mark.parametrize("kept_by", ["backup", "export"])
def test_bodies_that_are_gone_come_from_a_backup_or_an_export(tmp_path: Path, kept_by: str) -> None:
    ground = Signed(tmp_path / "ledger")
    before, kept = ground.entries(), tmp_path / "kept"
    keep(ground, kept, kept_by)
    damaged(ground, "UPDATE entries SET entry = x'00' WHERE number > 100")
    alone = restore(ground.folder, [])
    assert alone.whole
    assert alone.lost > 500
    done = restore(ground.folder, [kept])
    assert (done.whole, done.lost) == (True, 0)
    assert again(ground) == before
    intact(ground.folder, read_small(ground.folder / CHECKPOINT))


def keep(ground: Ground, to: Path, how: str) -> None:
    if how == "backup":
        copy(ground.folder, to)
    else:
        export(ground.folder, KEYS.verifiers, to)


def test_bodies_that_are_nowhere_stay_missing_and_verification_says_so(tmp_path: Path) -> None:
    ground = Signed(tmp_path)
    ground.apart()
    damaged(ground, "DELETE FROM entries WHERE number = 17")
    done = restore(tmp_path, [])
    assert (done.whole, done.lost) == (True, 1)
    again(ground)
    found = verify(tmp_path, KEYS.verifiers)
    assert [(fault.word.value, fault.position) for fault in found.faults] == [("missing", 17)]


@pytest.mark.parametrize("index", [768, 790, 801])
def test_a_body_that_is_lost_near_the_end_does_not_keep_the_sealer_from_going_on(
    tmp_path: Path, index: int
) -> None:
    ground = Signed(tmp_path)
    ground.apart()
    damaged(ground, "DELETE FROM entries WHERE number = ?", index)
    assert restore(tmp_path, []).lost == 1
    assert len(query(tmp_path, Query(limit=MOST))) == 801
    ground.open()
    fill(ground, 2, 300)
    ground.sequencer.checkpoint()
    found = verify(tmp_path, KEYS.verifiers)
    assert [
        (fault.word.value, fault.position) for fault in found.faults if fault.word.value != "left out"
    ] == [("missing", index)]


@pytest.mark.parametrize("kept_by", ["backup", "export"])
def test_a_lost_ledger_comes_back_whole_from_a_copy_of_all_that_was_signed(
    tmp_path: Path, kept_by: str
) -> None:
    ground = Signed(tmp_path / "ledger")
    before, note = ground.entries(), read_small(ground.folder / CHECKPOINT)
    keep(ground, tmp_path / "kept", kept_by)
    ground.sequencer.release()
    done = restore(tmp_path / "new", [tmp_path / "kept"], [note])
    assert done == Restored(len(before), len(before), 0, whole=True)
    anew = Ground(tmp_path / "new")
    assert anew.entries() == before
    intact(anew.folder, note)


def test_an_older_copy_does_not_take_the_place_of_what_was_signed_later(tmp_path: Path) -> None:
    ground = Signed(tmp_path / "ledger")
    copy(ground.folder, tmp_path / "older")
    fill(ground, 2, 10)
    note = ground.sequencer.checkpoint()
    ground.sequencer.release()
    (ground.folder / FILE).write_bytes(b"not a database at all" * 1000)
    for log in ("-wal", "-shm"):
        (ground.folder / f"{FILE}{log}").unlink(missing_ok=True)
    done = restore(ground.folder, [tmp_path / "older"])
    assert not done.whole
    assert done.entries < done.signed
    assert (ground.folder / FILE).read_bytes().startswith(b"not a database")
    assert read_small(ground.folder / CHECKPOINT) == note
    assert not list(ground.folder.glob("*.new*"))


def test_another_history_under_the_same_keys_does_not_take_the_place(tmp_path: Path) -> None:
    ground, other = Signed(tmp_path / "ledger"), Ground(tmp_path / "other")
    fill(other, 1, 500)
    other.sequencer.checkpoint()
    copy(other.folder, tmp_path / "forged")
    ground.sequencer.release()
    (ground.folder / FILE).unlink()
    done = restore(ground.folder, [tmp_path / "forged"])
    assert not done.whole


def test_the_damaged_one_is_kept_as_evidence(tmp_path: Path) -> None:
    ground = Signed(tmp_path)
    damaged(ground, "DELETE FROM tiles")
    octets = (tmp_path / FILE).read_bytes()
    done = restore(tmp_path, [])
    assert Path(done.evidence).read_bytes() == octets
    again(ground)
    damaged(ground, "DELETE FROM tiles")
    assert restore(tmp_path, []).evidence != done.evidence


def test_what_was_pruned_stays_pruned(tmp_path: Path) -> None:
    ground = grown(tmp_path / "ledger")
    (ground.folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
    export(ground.folder, KEYS.verifiers, tmp_path / "kept")
    gone = prune_all(ground)
    export(ground.folder, KEYS.verifiers, tmp_path / "kept")
    damaged(ground, "DELETE FROM tiles WHERE level = 0 AND number > 90")
    done = restore(ground.folder, [tmp_path / "kept"])
    assert done.whole
    found = verify(ground.folder, KEYS.verifiers)
    assert (found.faults, found.pruned) == ((), gone)


def test_nobody_else_may_be_filling_it(tmp_path: Path) -> None:
    ground = Signed(tmp_path)
    with pytest.raises(PlatformRunning):
        restore(ground.folder, [])


def test_without_any_keys_nothing_is_compared(tmp_path: Path) -> None:
    with pytest.raises(NoKeys):
        restore(tmp_path / "new", [tmp_path])


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.floats(0.02, 1, exclude_max=True), st.binary(min_size=1, max_size=300)),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_of_the_file_is_overwritten_nothing_is_made_up(
    tmp_path_factory: pytest.TempPathFactory, spots: list[tuple[float, bytes]]
) -> None:
    """Random octets over random places: it is put together whole, or with bodies missing, or left as it is; and with
    an export beside it always whole."""
    folder = tmp_path_factory.mktemp("spoiled")
    ground = Signed(folder / "ledger")
    before, note = ground.entries(), read_small(ground.folder / CHECKPOINT)
    export(ground.folder, KEYS.verifiers, folder / "kept")
    ground.sequencer.release()
    path = ground.folder / FILE
    octets = bytearray(path.read_bytes())
    for where, junk in spots:
        at = int(where * len(octets))
        octets[at : at + len(junk)] = junk[: len(octets) - at]
    path.write_bytes(octets)
    alone = restore(ground.folder, [])
    if alone.whole:
        found = verify(ground.folder, KEYS.verifiers, note)
        assert {fault.word.value for fault in found.faults} <= {"missing", "left out", "truncated"}
    with_export = restore(ground.folder, [folder / "kept"])
    assert with_export.whole
    assert with_export.lost == 0
    found = verify(ground.folder, KEYS.verifiers, note)
    assert found.faults == ()
    anew = Ground(ground.folder)
    assert anew.entries()[: len(before)] == before
    assert all(len(entry) > ORIGIN.size for entry in anew.entries())


def test_a_backup_that_is_older_than_pruning_brings_nothing_back(tmp_path: Path) -> None:
    ground = grown(tmp_path / "ledger")
    (ground.folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
    copy(ground.folder, tmp_path / "backup")
    gone = prune_all(ground)
    damaged(ground, "DELETE FROM tiles WHERE level = 0 AND number > 90")
    done = restore(ground.folder, [tmp_path / "backup"])
    assert done.whole
    assert done.lost == 0
    found = verify(ground.folder, KEYS.verifiers)
    assert (found.faults, found.pruned) == ((), gone)
    needle = b"q-000000000000002a"
    left = query(ground.folder, Query(subject=needle.decode()))
    told = sum(path.read_bytes().count(needle) for path in (ground.folder / FILE,))
    assert told == len(left)
