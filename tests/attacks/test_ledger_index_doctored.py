"""An adversary leaves the entries alone and doctors what queries look at first, to hide or to invent."""

from pathlib import Path

import pytest

from bartizan.ledger.block import term
from bartizan.ledger.query import Query, query
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, Ground, fill, request
from tests.ledger.test_prune import grown, prune


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 400)
    ground.sequencer.checkpoint()
    return ground


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blocks SET terms = x'' WHERE number = 1",
        "UPDATE blocks SET most = 0 WHERE number = 1",
        "UPDATE blocks SET least = least + 1 WHERE number = 1",
        "DELETE FROM blocks WHERE number = 1",
    ],
)
def test_a_block_that_hides_entries_is_found(ground: Ground, statement: str) -> None:
    asked = Query(subject=request(150))
    assert len(query(ground.folder, asked)) == 2
    ground.sequencer._connection.execute(statement)
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert [(fault.word, fault.position) for fault in faults] == [(Word.DOCTORED, 256)]


def test_a_block_that_promises_too_much_cannot_invent_an_entry(ground: Ground) -> None:
    terms = term("kind", "access.principal.revoked") + term("actor", "owner")
    ground.sequencer._connection.execute("UPDATE blocks SET terms = terms || ?", (terms,))
    assert query(ground.folder, Query(kind="access.principal.revoked")) == ()
    assert query(ground.folder, Query(actor="owner")) == ()
    assert {fault.word for fault in verify(ground.folder, KEYS.verifiers).faults} == {Word.DOCTORED}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blocks SET terms = x'' WHERE number = 1",
        "UPDATE blocks SET most = 0 WHERE number = 1",
        "UPDATE blocks SET least = least + 1 WHERE number = 1",
        "UPDATE blocks SET terms = terms || x'00000000' WHERE number = 1",
    ],
)
def test_a_block_that_hides_what_pruning_left_is_found(tmp_path: Path, statement: str) -> None:
    ground = grown(tmp_path)
    prune(ground)
    assert len(query(tmp_path, Query(kind="access.principal.revoked"))) == 5
    assert verify(tmp_path, KEYS.verifiers).faults == ()
    ground.sequencer._connection.execute(statement)
    faults = verify(tmp_path, KEYS.verifiers).faults
    assert [(fault.word, fault.position) for fault in faults] == [(Word.DOCTORED, 256)]
