"""A ledger where nobody can write, such as a snapshot or evidence on a read-only medium, is read as it is."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.verify import verify
from tests.ledger.ground import KEYS, Ground, fill


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a ledger that was closed in order, on what says that it is a read-only file system."""
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 20).close()
    ground.tail()
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=os.ST_RDONLY))
    return ground.folder


def test_it_verifies_and_nothing_is_written_beside_it(ledger: Path) -> None:
    before = sorted(path.name for path in ledger.iterdir())
    found = verify(ledger, KEYS.verifiers)
    assert found.intact, found.faults
    assert found.entries > 0
    assert sorted(path.name for path in ledger.iterdir()) == before


def test_one_that_was_not_closed_in_order_is_not_read_by_half(ledger: Path) -> None:
    (ledger / "tree.db-wal").write_bytes(b"what the tree does not have yet")
    with pytest.raises(LedgerUnreadable, match="copy both to a folder that can be written"), reading(ledger):
        pass


def test_an_empty_log_hides_nothing(ledger: Path) -> None:
    (ledger / "tree.db-wal").touch()
    shutil.rmtree(ledger / "segments", ignore_errors=True)
    with reading(ledger) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() != (0,)
