"""An adversary with the ledger's files cuts off its end, where the traces of the break-in are."""

from pathlib import Path

import pytest

from bartizan.ledger.checkpoint import CheckpointInvalid
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.signing import TreeDiffers
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, rebuild, signed


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return signed(tmp_path / "ledger")


@pytest.mark.parametrize("kept", [0, 1, 256, 700, 800])
def test_a_cut_end_is_found_where_it_was_cut(ground: Ground, kept: int) -> None:
    ground.sequencer._connection.execute("DELETE FROM entries WHERE number >= ?", (kept,))
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert [(fault.word, fault.position) for fault in faults if fault.word is Word.TRUNCATED] == [
        (Word.TRUNCATED, kept)
    ]


def test_a_cut_end_with_the_tree_rebuilt_is_found_and_not_continued(ground: Ground) -> None:
    connection = ground.sequencer._connection
    connection.execute("DELETE FROM entries WHERE number >= 600")
    connection.execute("DELETE FROM blocks WHERE number >= 2")
    rebuild(ground)
    assert verify(ground.folder, KEYS.verifiers).words == {"truncated": 1}
    ground.sequencer.release()
    with pytest.raises(TreeDiffers, match="rolled back"):
        Sequencer(ground.folder, KEYS, ground.clock)


def test_a_cut_end_with_the_checkpoint_removed_is_found(ground: Ground) -> None:
    connection = ground.sequencer._connection
    connection.execute("DELETE FROM entries WHERE number >= 600")
    connection.execute("DELETE FROM blocks WHERE number >= 2")
    connection.execute("UPDATE state SET note = x''")
    remembered = (ground.folder / "checkpoint").read_bytes()
    (ground.folder / "checkpoint").unlink()
    rebuild(ground)
    assert verify(ground.folder, KEYS.verifiers).words == {"bad signature": 1}
    assert "rolled back" in verify(ground.folder, KEYS.verifiers, remembered).words


def test_a_checkpoint_over_the_cut_tree_needs_the_key(ground: Ground) -> None:
    note = (ground.folder / "checkpoint").read_bytes().replace(b"\n801\n", b"\n600\n")
    (ground.folder / "checkpoint").write_bytes(note)
    assert "bad signature" in verify(ground.folder, KEYS.verifiers).words
    ground.sequencer.release()
    with pytest.raises(CheckpointInvalid):
        Sequencer(ground.folder, KEYS, ground.clock)
