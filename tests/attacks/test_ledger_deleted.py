"""An adversary with the ledger's files takes entries out of its middle."""

from pathlib import Path

import pytest

from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, rebuild, signed


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return signed(tmp_path / "ledger")


@pytest.mark.parametrize(("first", "last"), [(0, 0), (5, 5), (250, 260), (1, 799)])
def test_removed_entries_are_found_at_their_places(ground: Ground, first: int, last: int) -> None:
    ground.sequencer._connection.execute("DELETE FROM entries WHERE number BETWEEN ? AND ?", (first, last))
    faults = verify(ground.folder, KEYS.verifiers).faults
    found = [fault.position for fault in faults if fault.word is Word.MISSING]
    assert found == list(range(first, last + 1))


def test_a_gap_that_was_closed_up_is_found(ground: Ground) -> None:
    connection = ground.sequencer._connection
    connection.execute("DELETE FROM entries WHERE number = 300")
    connection.execute("UPDATE entries SET number = -number WHERE number > 300")
    connection.execute("UPDATE entries SET number = -number - 1 WHERE number < 0")
    rebuild(ground)
    words = {fault.word for fault in verify(ground.folder, KEYS.verifiers).faults}
    assert {Word.TRUNCATED, Word.LEFT_OUT} <= words


def test_a_sealer_gone_bad_that_leaves_a_record_out_is_found_although_it_signs(ground: Ground) -> None:
    connection = ground.sequencer._connection
    connection.execute("DELETE FROM entries WHERE number = 300")
    connection.execute("UPDATE entries SET number = -number WHERE number > 300")
    connection.execute("UPDATE entries SET number = -number - 1 WHERE number < 0")
    connection.execute("DELETE FROM blocks")
    connection.execute("UPDATE state SET note = x''")
    (ground.folder / "checkpoint").unlink()
    rebuild(ground)
    ground.reopen()
    ground.sequencer.checkpoint()
    faults = [
        fault for fault in verify(ground.folder, KEYS.verifiers).faults if fault.word is not Word.DOCTORED
    ]
    assert [(fault.word, fault.position) for fault in faults] == [(Word.LEFT_OUT, 300)]
