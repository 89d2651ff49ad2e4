"""Expired bodies go, their hashes stay: every proof holds, and what is pruned is told from what is missing."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.clock import MINUTE, Nanoseconds
from bartizan.ledger.block import ENTRIES
from bartizan.ledger.database import FILE
from bartizan.ledger.entry import ORIGIN
from bartizan.ledger.event import Outcome
from bartizan.ledger.export import export
from bartizan.ledger.prune import Retention
from bartizan.ledger.query import Query, query
from bartizan.ledger.tree import check_inclusion, inclusion_proof, leaf_hash
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.test_export import alone

HOUR = 60 * MINUTE
DAY_KEPT = Retention(requests=Nanoseconds(24 * HOUR))
BOTH = Retention(requests=Nanoseconds(24 * HOUR), others=Nanoseconds(48 * HOUR))


def grown(folder: Path, requests: int = 400) -> Ground:
    """A ledger of so many requests and some other events, all of which are two days old, signed."""
    ground = Ground(folder)
    journal = fill(ground, 1, requests // 2)
    for number in range(5):
        journal.record("access.principal.revoked", "owner", f"p-{number:016x}", Outcome.DONE)
    journal.flush()
    ground.tail()
    more = fill(ground, 2, requests // 2)
    more.flush()
    ground.tail()
    ground.sequencer.checkpoint()
    ground.clock.at += 47 * HOUR
    return ground


def prune(ground: Ground, retention: Retention = DAY_KEPT) -> int:
    total = 0
    while (gone := ground.sequencer.prune(retention)) is not None:
        total += gone
    ground.sequencer.checkpoint()
    return total


def test_expired_requests_lose_their_bodies_and_the_rest_verifies(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    before = ground.entries()
    gone = prune(ground)
    assert gone > 600
    found = verify(tmp_path, KEYS.verifiers)
    assert (found.faults, found.pruned) == ((), gone)
    left = ground.entries()
    assert all(new in (old, old[: ORIGIN.size]) for old, new in zip(before, left, strict=False))
    assert len(query(tmp_path, Query(kind="access.principal.revoked"))) == 5


def test_the_hashes_stay_so_that_old_proofs_hold(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    tree, entries = ground.sequencer._tree, ground.entries()
    size, root = tree.size, tree.frontier.root()
    proofs = [inclusion_proof(tree.node, index, size) for index in range(0, size, 37)]
    prune(ground)
    for index, proof in zip(range(0, size, 37), proofs, strict=True):
        assert proof == inclusion_proof(ground.sequencer._tree.node, index, size)
        check_inclusion(leaf_hash(entries[index]), index, size, proof, root)


def test_nothing_is_pruned_before_its_time_or_without_an_order(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    assert prune(ground, Retention()) == 0
    assert prune(ground, Retention(requests=Nanoseconds(48 * HOUR))) == 0
    assert prune(ground, Retention(others=Nanoseconds(48 * HOUR))) == 0


def test_nothing_is_pruned_that_is_not_signed(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 300)
    ground.clock.at += 48 * HOUR
    assert ground.sequencer.prune(DAY_KEPT) is None


def test_the_second_tier_takes_the_rest_of_a_range(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    prune(ground, BOTH)
    assert len(query(tmp_path, Query(kind="access"))) == 5
    ground.clock.at += 2 * HOUR
    prune(ground, BOTH)
    assert query(tmp_path, Query(kind="access")) == ()
    assert query(tmp_path, Query(kind="ledger.entries.pruned")) != ()
    assert verify(tmp_path, KEYS.verifiers).faults == ()


def test_what_was_pruned_is_nowhere_in_the_files(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    needle = b"q-000000000000002a"

    def told() -> int:
        return sum(path.read_bytes().count(needle) for path in tmp_path.glob(f"{FILE}*"))

    assert told() > 0
    prune(ground)
    after = [entry.index for entry in query(tmp_path, Query(subject=needle.decode()))]
    assert all(index >= 768 for index in after)
    assert told() == len(after)


def test_pruning_goes_on_where_it_ended_after_a_restart(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    prune(ground)
    ground.reopen()
    assert prune(ground) == 0
    fill(ground, 3, 300)
    ground.sequencer.checkpoint()
    ground.clock.at += 48 * HOUR
    assert prune(ground) > 0
    assert verify(tmp_path, KEYS.verifiers).faults == ()


def test_a_query_passes_over_what_was_pruned(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    prune(ground)
    found = query(tmp_path, Query(limit=100_000))
    assert all(entry.event.kind != "gateway.request.admitted" or entry.index >= 768 for entry in found)
    assert query(tmp_path, Query(kind="gateway.request", last=True, limit=3)) != ()


@pytest.mark.parametrize("index", [401, 402, 500])
def test_an_entry_taken_out_beside_pruned_ones_is_missing(tmp_path: Path, index: int) -> None:
    """Within a range that was pruned lie five events that were not: whoever takes one of them out is found."""
    ground = grown(tmp_path)
    prune(ground)
    connection = ground.apart()
    target = 402 if index == 500 else index
    row = connection.execute("SELECT entry FROM entries WHERE number = ?", (target,)).fetchone()[0]
    assert len(row) > ORIGIN.size
    if index == 500:
        connection.execute("DELETE FROM entries WHERE number = ?", (target,))
    else:
        connection.execute("UPDATE entries SET entry = ? WHERE number = ?", (row[: ORIGIN.size], target))
    found = verify(tmp_path, KEYS.verifiers)
    assert Word.MISSING.value in found.words


def test_an_entry_taken_out_where_nothing_was_pruned_is_missing(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    connection = ground.apart()
    row = connection.execute("SELECT entry FROM entries WHERE number = 7").fetchone()[0]
    connection.execute("UPDATE entries SET entry = ? WHERE number = 7", (row[: ORIGIN.size],))
    found = verify(tmp_path, KEYS.verifiers)
    assert [(fault.word, fault.position) for fault in found.faults if fault.word is Word.MISSING] == [
        (Word.MISSING, 7)
    ]


def test_bodies_that_are_here_again_are_named(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    before = ground.entries()
    prune(ground)
    connection = ground.apart()
    connection.execute("UPDATE entries SET entry = ? WHERE number = 20", (before[20],))
    found = verify(tmp_path, KEYS.verifiers)
    assert any("here again" in fault.what for fault in found.faults)


def test_an_export_shows_what_is_left_and_a_stranger_tells_pruned_from_missing(tmp_path: Path) -> None:
    ground, out = grown(tmp_path / "ledger"), tmp_path / "out"
    export(ground.folder, KEYS.verifiers, out)
    assert (out / "tile/entries/000").exists()
    gone = prune(ground)
    export(ground.folder, KEYS.verifiers, out)
    assert not (out / "tile/entries/000").exists()
    assert (out / "tile/kept/000").exists()
    ran = alone(out)
    assert ran.returncode == 0, ran.stdout
    assert f"{gone} of them pruned" in ran.stdout
    path = out / "tile/kept/001"
    octets = path.read_bytes()
    at = octets.index(b'"kind":"access.principal.revoked"')
    begin = octets.rindex(b'{"actor"', 0, at) - ORIGIN.size - 2
    length = int.from_bytes(octets[begin : begin + 2], "big")
    path.write_bytes(octets[:begin] + bytes(2) + octets[begin + 2 + length :])
    ran = alone(out)
    assert ran.returncode == 1
    assert "missing" in ran.stdout


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 120), st.integers(1, 40)), min_size=1, max_size=8))
def test_whatever_comes_in_whatever_rhythm_the_tree_verifies(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("rhythm")
    ground = Ground(folder)
    for number, (requests, hours) in enumerate(turns, 1):
        fill(ground, number, requests)
        ground.sequencer.checkpoint()
        ground.clock.at += hours * HOUR
        untouched = ground.sequencer.size // ENTRIES * ENTRIES
        prune(ground, BOTH)
        found = verify(folder, KEYS.verifiers)
        assert found.faults == ()
        left = query(folder, Query(kind="gateway.request", limit=100_000))
        kept = {entry.event.at >= ground.clock.at - 24 * HOUR or entry.index >= untouched for entry in left}
        assert kept <= {True}


def test_connections_are_not_left_in_the_way(tmp_path: Path) -> None:
    """A reader that looks on while bodies go does not keep them from going, nor does it see half of it."""
    ground = grown(tmp_path)
    looking = sqlite3.connect(tmp_path / FILE)
    looking.execute("BEGIN")
    seen = looking.execute("SELECT sum(length(entry)) FROM entries").fetchone()
    assert prune(ground) > 0
    assert looking.execute("SELECT sum(length(entry)) FROM entries").fetchone() == seen
    log = (tmp_path / f"{FILE}-wal").stat().st_size
    looking.close()
    ground.sequencer.checkpoint()
    assert (tmp_path / f"{FILE}-wal").stat().st_size == 0 < log  # emptied as soon as nobody is in the way


def test_an_export_follows_the_second_tier_too(tmp_path: Path) -> None:
    ground = grown(tmp_path / "ledger")
    out = tmp_path / "out"
    export(ground.folder, KEYS.verifiers, out)
    first = prune(ground)
    export(ground.folder, KEYS.verifiers, out)
    ground.clock.at += 48 * HOUR
    second = prune(ground, BOTH)
    assert second > 0
    export(ground.folder, KEYS.verifiers, out)
    ran = alone(out)
    assert ran.returncode == 0, ran.stdout
    assert f"{verify(ground.folder, KEYS.verifiers).pruned} of them pruned" in ran.stdout
    assert b"access.principal.revoked" not in b"".join(path.read_bytes() for path in out.rglob("tile/kept/*"))
    assert first > 0
