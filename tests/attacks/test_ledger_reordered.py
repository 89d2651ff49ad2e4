"""An adversary with the ledger's files exchanges two entries, so that an effect stands before its cause."""

from pathlib import Path

import pytest

from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, fill


@pytest.mark.parametrize(("one", "other"), [(1, 2), (10, 700), (255, 256)])
def test_exchanged_entries_are_found_at_both_places(tmp_path: Path, one: int, other: int) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 400)
    ground.sequencer.checkpoint()
    connection = ground.apart()
    for before, after in ((one, 10**6), (other, one), (10**6, other)):
        connection.execute("UPDATE entries SET number = ? WHERE number = ?", (after, before))
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert [(fault.word, fault.position) for fault in faults] == [
        (Word.REORDERED, one),
        (Word.REORDERED, other),
    ]
