"""A sealer gone bad seals an entry with nothing in it, so that a record is gone without a gap, and signs the tree."""

from pathlib import Path

from bartizan.ledger.entry import ORIGIN
from bartizan.ledger.export import export
from bartizan.ledger.installation import CHECKPOINT
from bartizan.ledger.stored_tree import load_frontier
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, rebuild, signed
from tests.ledger.test_export import alone

INDEX = 790


def test_an_entry_that_was_sealed_empty_is_named(tmp_path: Path) -> None:
    ground = signed(tmp_path / "ledger")
    connection = ground.sequencer._connection
    connection.execute(
        "UPDATE entries SET entry = substr(entry, 1, ?) WHERE number = ?", (ORIGIN.size, INDEX)
    )
    rebuild(ground)
    (size,) = connection.execute("SELECT size FROM state").fetchone()
    note = KEYS.sign(size, load_frontier(connection).root(), ground.clock.now())
    connection.execute("UPDATE state SET note = ?", (note,))
    (ground.folder / CHECKPOINT).write_bytes(note)
    found = verify(ground.folder, KEYS.verifiers)
    assert [(fault.word.value, fault.position) for fault in found.faults] == [("not an event", INDEX)]
    export(ground.folder, KEYS.verifiers, tmp_path / "out")
    ran = alone(tmp_path / "out")
    assert ran.returncode == 1
    assert "missing that no entry says were pruned" in ran.stdout
