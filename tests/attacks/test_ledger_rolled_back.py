"""An adversary puts an older copy of the whole ledger back; every signature in it is genuine."""

import shutil
from pathlib import Path

import pytest

from bartizan.ledger.database import copy
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.signing import TreeDiffers
from bartizan.ledger.verify import Level, Word, verify
from tests.ledger.ground import KEYS, Ground, admit, fill


def test_an_older_copy_is_found_by_a_remembered_checkpoint(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = fill(ground, 1, 300)
    ground.sequencer.checkpoint()
    copy(ground.folder, tmp_path / "older")
    admit(journal, 7)
    journal.flush()
    ground.tail()
    remembered = ground.sequencer.checkpoint()
    assert verify(tmp_path / "older", KEYS.verifiers).intact  # nothing on this machine can tell
    found = verify(tmp_path / "older", KEYS.verifiers, remembered)
    assert [(fault.word, fault.position) for fault in found.faults] == [(Word.ROLLED_BACK, 601)]


def test_an_older_database_beside_the_newer_checkpoint_is_found_and_not_continued(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    journal = fill(ground, 1, 300)
    ground.sequencer.checkpoint()
    copy(ground.folder, tmp_path / "older")
    admit(journal, 7)
    journal.flush()
    ground.tail()
    ground.sequencer.checkpoint()
    ground.sequencer.release()
    for left in ground.folder.glob("tree.db*"):
        left.unlink()
    shutil.copy(tmp_path / "older" / "tree.db", ground.folder / "tree.db")
    assert verify(ground.folder, KEYS.verifiers).words == {"truncated": 1}
    with pytest.raises(TreeDiffers, match="rolled back"):
        Sequencer(ground.folder, KEYS, ground.clock)


def test_another_history_under_the_same_keys_is_found_by_a_remembered_checkpoint(tmp_path: Path) -> None:
    remembered = b""
    for number, name in enumerate(("one", "other"), 1):
        ground = Ground(tmp_path / name)
        journal = ground.journal(1)
        admit(journal, number)
        journal.flush()
        ground.tail()
        remembered = remembered or ground.sequencer.checkpoint()
        ground.sequencer.checkpoint()
    found = verify(tmp_path / "other", KEYS.verifiers, remembered)
    assert [fault.word for fault in found.faults] == [Word.FORKED]
    assert verify(tmp_path / "one", KEYS.verifiers, remembered).level is Level.WITNESSED
