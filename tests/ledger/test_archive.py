"""The copy in columns is whole, current and in few files, whatever happened to it; it follows what is pruned."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ledger import archive as archiving
from bartizan.ledger.aggregate import Aggregate, aggregate, from_tree
from bartizan.ledger.column_engine import opened
from bartizan.ledger.column_pieces import piece_of
from bartizan.ledger.columns import FOLDER, pieces, pieces_folder, remove
from bartizan.ledger.counting import Answer, Source
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.prune import Retention
from bartizan.ledger.query import size
from bartizan.ledger.verify import verify
from tests.ledger.columned import SMALL, archived, catch_up, small_pieces
from tests.ledger.ground import KEYS, Ground, fill, rebuild
from tests.ledger.test_prune import BOTH, DAY_KEPT, HOUR, grown, prune

pytestmark = pytest.mark.sources
ASKED = Aggregate(("kind", "outcome", "status"), 1000, "octets")


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with small_pieces():
        yield


def right(folder: Path, source: Source = Source.COLUMNS) -> Answer:
    """Return the answer to a question if it is the tree's."""
    found = aggregate(folder, ASKED)
    with reading(folder) as connection:
        assert found.rows == from_tree(connection, folder, ASKED).rows
    assert found.source is source
    return found


def files(folder: Path) -> list[Path]:
    return sorted(pieces_folder(folder).iterdir())


def covered(folder: Path) -> int:
    """Return how many entries pieces cover, if they cover them once."""
    at = 0
    for piece in sorted(pieces(folder), key=lambda piece: piece.first):
        assert piece.first == at
        at = piece.end
    return at


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=4))
def test_however_the_tree_grows_the_copy_covers_it_once_and_in_few_files(
    tmp_path_factory: pytest.TempPathFactory, turns: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("grows")
    ground = Ground(folder)
    for number, requests in enumerate(turns, 1):
        fill(ground, number, requests)
        archived(folder)
        assert covered(folder) == size(folder) >> SMALL[-1] << SMALL[-1]
        assert len(files(folder)) <= (size(folder) >> SMALL[0]) + 3 + 3
        right(folder, Source.COLUMNS if covered(folder) else Source.TREE)


def test_one_that_goes_on_where_another_ended_makes_nothing_twice(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 200)
    archived(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in files(tmp_path)}
    archived(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in files(tmp_path)} == before


def test_a_piece_that_is_missing_is_made_anew(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    archive = archived(tmp_path)
    before = {path.name: path.read_bytes() for path in files(tmp_path)}
    for path in files(tmp_path):
        path.unlink()
        right(tmp_path, Source.COLUMNS if len(before) > 1 else Source.TREE)
        catch_up(archive)
        assert [file.name for file in files(tmp_path)] == sorted(before)


@pytest.mark.parametrize(
    "damage", ["cut", "emptied", "flipped", "noise", "begun", "folder", "link", "pipe", "huge"]
)
def test_a_damaged_piece_lies_to_nobody_for_long(tmp_path: Path, damage: str) -> None:
    """What does not read is read from the tree at once; what reads, and is not what was written, is found by its name."""
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    archive = archived(tmp_path)
    victim = files(tmp_path)[0]
    good, name = victim.read_bytes(), victim.name
    spoil(victim, damage)
    if damage != "flipped":
        assert aggregate(tmp_path, ASKED).rows
        right(tmp_path, aggregate(tmp_path, ASKED).source)
    archive.doubt()
    catch_up(archive)
    assert (victim.name, victim.read_bytes()) == (name, good)
    right(tmp_path)


def spoil(victim: Path, damage: str) -> None:
    good = victim.read_bytes()
    at = len(good) // 3
    written = {
        "cut": good[: len(good) // 2], "emptied": b"", "begun": b"PAR1", "noise": os.urandom(5000),
        "flipped": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
    }  # fmt: skip
    victim.unlink()
    if damage in written:
        victim.write_bytes(written[damage])
    match damage:
        case "pipe":
            os.mkfifo(victim)
        case "huge":
            victim.touch()
            os.truncate(victim, 1 << 40)
        case "folder":
            victim.mkdir()
        case "link":
            victim.symlink_to("/etc/passwd")
        case _:
            assert damage in written


def test_a_copy_of_another_tree_is_not_taken_for_this_one(tmp_path: Path) -> None:
    one, two = Ground(tmp_path / "one"), Ground(tmp_path / "two")
    fill(one, 1, 300)
    fill(two, 7, 300)
    archived(one.folder)
    pieces_folder(two.folder).mkdir(parents=True)
    for path in files(one.folder):
        (pieces_folder(two.folder) / path.name).write_bytes(path.read_bytes())
    right(two.folder, Source.TREE)
    archived(two.folder)
    right(two.folder)
    assert {path.name for path in files(one.folder)} & {path.name for path in files(two.folder)} == set()


def test_a_tree_that_was_rolled_back_and_went_on_otherwise_gets_another_copy(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    archived(tmp_path)
    connection = ground.apart()
    entry = connection.execute("SELECT entry FROM entries WHERE number = 3").fetchone()[0]
    connection.execute(
        "UPDATE entries SET entry = ? WHERE number = 3", (entry.replace(b'"octets":1', b'"octets":9'),)
    )
    rebuild(ground)
    right(tmp_path, aggregate(tmp_path, ASKED).source)
    archived(tmp_path)
    right(tmp_path)


def test_what_is_not_ours_stays_and_is_not_read(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    archive = archived(tmp_path)
    folder = pieces_folder(tmp_path)
    (folder / "notes.txt").write_text("mine")
    draft, other = folder / f".{files(tmp_path)[1].name}.new", folder.parent / "0123abcd"
    draft.write_text("half a piece")
    other.mkdir()
    (other / "old.parquet").write_text("of another version")
    right(tmp_path)
    archive.turn()
    assert (folder / "notes.txt").read_text() == "mine"
    assert not draft.exists()
    assert not other.exists()


@pytest.mark.parametrize("retention", [DAY_KEPT, BOTH])
def test_nothing_that_was_pruned_is_left_in_the_copy(tmp_path: Path, retention: Retention) -> None:
    ground = grown(tmp_path)
    archive = archived(tmp_path)
    pruned_at = size(tmp_path)
    ground.clock.at += 3 * HOUR
    assert prune(ground, retention) > 600
    stale = {path.name for path in files(tmp_path)}
    right(tmp_path, aggregate(tmp_path, ASKED).source)  # pieces that are older than the pruning are not asked
    catch_up(archive)
    found = right(tmp_path)
    assert sum(row.count for row in found.rows if row.values[0] == "gateway.request.admitted") <= 40
    left = {path.name for path in files(tmp_path)}
    assert {name for name in stale & left if int(name.split("-")[1]) <= pruned_at - 256} == set()
    assert verify(tmp_path, KEYS.verifiers).faults == ()


def test_the_octets_of_what_was_pruned_are_in_no_file(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    archive = archived(tmp_path)
    ground.clock.at += 3 * HOUR
    before = [subjects(tmp_path)]
    prune(ground, BOTH)
    catch_up(archive)
    before.append(subjects(tmp_path))
    assert "q-0000000000000000" in before[0]
    assert "q-0000000000000000" not in before[1]
    assert len(before[1]) < len(before[0]) / 4


def subjects(folder: Path) -> set[str]:
    """Return every subject that any file of the copy has, whatever its name, at a moment when none was replaced."""
    while True:
        with ExitStack() as stack, suppress(FileNotFoundError):
            paths = [path for path in (folder / FOLDER).rglob("*") if path.is_file()]
            return _subjects([stack.enter_context(path.open("rb")).fileno() for path in paths])


def _subjects(files: Sequence[int]) -> set[str]:
    import duckdb  # noqa: PLC0415 - what is looked at is what it wrote

    found = set[str]()
    for file in files:
        rows = duckdb.execute("SELECT subject FROM read_parquet($1)", [opened(file)]).fetchall()
        found |= {one for (one,) in rows}
    return found


def test_what_is_pruned_goes_before_anything_is_made(tmp_path: Path) -> None:
    """One turn is enough, however much else there is to do."""
    ground = grown(tmp_path)
    archive = archived(tmp_path)
    fill(ground, 3, 300)
    archive.doubt()
    ground.clock.at += 3 * HOUR
    prune(ground, BOTH)
    archive.turn()
    assert "q-0000000000000000" not in subjects(tmp_path)


def test_a_full_disk_leaves_what_there_is_and_is_got_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 200)
    archive = archived(tmp_path)
    fill(ground, 2, 200)

    def full(path: Path, content: bytes) -> None:
        path.with_name(f".{path.name}.new").write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "write_whole", full)
        with pytest.raises(OSError, match="No space"):
            catch_up(archive)
    right(tmp_path)
    catch_up(archive)
    assert covered(tmp_path) == size(tmp_path) >> SMALL[-1] << SMALL[-1]
    assert not [path for path in files(tmp_path) if path.name.startswith(".")]


def test_the_last_of_a_disk_is_left_to_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    monkeypatch.setattr(archiving, "_LEFT", 1 << 60)
    with pytest.raises(OSError, match="would be left") as full:
        archived(tmp_path)
    assert full.value.errno == errno.ENOSPC
    assert pieces(tmp_path) == ()


def test_an_entry_that_is_no_event_is_said_and_copied_by_nobody(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    ground.apart().execute("UPDATE entries SET entry = ? WHERE number = 5", (bytes(16) + b'{"drop":1}',))
    with pytest.raises(LedgerUnreadable, match="not an event"):
        archived(tmp_path)
    assert pieces(tmp_path) == ()


def test_a_copy_that_nobody_keeps_any_more_is_removed_whole(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 200)
    archived(tmp_path)
    remove(tmp_path)
    remove(tmp_path)
    assert not (tmp_path / FOLDER).exists()
    right(tmp_path, Source.TREE)


@given(
    st.text(max_size=40) | st.from_regex(r"[0-9]{12}-[0-9]{12}-[0-9]{1,3}-[0-9a-f]{16}-[0-9a-f]{16}\.parquet")
)
def test_a_name_is_a_piece_s_or_none(name: str) -> None:
    found = piece_of(name)
    assert found is None or (found.name == name and found.level in SMALL)


def test_a_copy_that_somebody_removed_meanwhile_is_made_anew(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    ground.sequencer.checkpoint()
    archive = archived(tmp_path)
    remove(tmp_path)
    catch_up(archive)
    right(tmp_path)
