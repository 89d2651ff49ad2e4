"""A database with anything but the ledger's own tables is not opened, and a copy of a growing ledger is whole."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bartizan.ledger.database import LedgerUnreadable, copy, open_to_fill, reading
from bartizan.ledger.installation import write_whole
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, Ground, fill


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON entries (entry)",
        "DROP TABLE blocks",
        "ALTER TABLE entries ADD COLUMN note TEXT",
    ],
)
def test_other_tables_triggers_and_views_are_refused(tmp_path: Path, statement: str) -> None:
    ground = Ground(tmp_path)
    ground.sequencer.release()
    with closing(sqlite3.connect(tmp_path / "tree.db")) as connection:
        connection.execute(statement)
    with pytest.raises(LedgerUnreadable, match="tables"), reading(tmp_path):
        pass
    with pytest.raises(LedgerUnreadable, match="tables"):
        open_to_fill(tmp_path)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    with pytest.raises(LedgerUnreadable, match="readonly"), reading(ground.folder) as connection:
        connection.execute("DELETE FROM entries")


def test_a_copy_of_a_growing_ledger_verifies(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    write_whole(tmp_path / "ledger" / "keys.pub", KEYS.verifiers.encode())
    fill(ground, 1, 300)
    note = ground.sequencer.checkpoint()
    copy(tmp_path / "ledger", tmp_path / "copy")
    fill(ground, 2, 10)
    found = verify(tmp_path / "copy", KEYS.verifiers, note)
    assert (found.entries, found.signed, found.faults) == (601, 601, ())
    assert (tmp_path / "copy" / "keys.pub").read_bytes() == KEYS.verifiers.encode()
