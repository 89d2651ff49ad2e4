"""An adversary with the ledger's files, without its keys, changes what an entry says."""

from pathlib import Path

import pytest

from bartizan.ledger.event import encode
from bartizan.ledger.query import Query, query
from bartizan.ledger.tree import leaf_hash
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, rebuild, signed


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return signed(tmp_path / "ledger")


def forged(ground: Ground, position: int) -> bytes:
    """The entry there, said by somebody else: canonical, and every word in the vocabulary."""
    (entry,) = query(ground.folder, Query(first=position, limit=1))
    body = encode(entry.event).replace(b"p-00000000000000aa", b"p-00000000000000bb")
    return (1).to_bytes(8, "big") + entry.sequence.to_bytes(8, "big") + body


@pytest.mark.parametrize("position", [1, 255, 256, 511, 799, 800])
def test_an_edited_entry_is_found_at_its_position(ground: Ground, position: int) -> None:
    ground.sequencer._connection.execute(
        "UPDATE entries SET entry = ? WHERE number = ?", (forged(ground, position), position)
    )
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert [(fault.word, fault.position) for fault in faults] == [(Word.EDITED, position)]


def test_an_edit_with_its_leaf_hash_is_found(ground: Ground) -> None:
    entry = forged(ground, 100)
    connection = ground.sequencer._connection
    connection.execute("UPDATE entries SET entry = ? WHERE number = 100", (entry,))
    (hashes,) = connection.execute("SELECT hashes FROM tiles WHERE level = 0 AND number = 6").fetchone()
    hashes = hashes[: 4 * 32] + leaf_hash(entry) + hashes[5 * 32 :]
    connection.execute("UPDATE tiles SET hashes = ? WHERE level = 0 AND number = 6", (hashes,))
    assert {fault.word for fault in verify(ground.folder, KEYS.verifiers).faults} >= {Word.FORKED}


def test_an_edit_with_the_whole_tree_rebuilt_is_found_by_the_signature(ground: Ground) -> None:
    connection = ground.sequencer._connection
    connection.execute("UPDATE entries SET entry = ? WHERE number = 101", (forged(ground, 101),))
    rebuild(ground)
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert Word.FORKED in {fault.word for fault in faults}
