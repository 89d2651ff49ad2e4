"""An adversary without the ledger's keys strips a signature, or signs with keys of its own."""

from pathlib import Path

import pytest

from bartizan.clock import Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import CheckpointInvalid, Signers
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.verify import Word, verify
from tests.ledger.ground import KEYS, START, Ground, fill

OTHERS = Signers(
    KEYS.origin, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44)
)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 40)
    ground.sequencer.checkpoint()
    return ground


def replace(ground: Ground, note: bytes) -> None:
    ground.sequencer._connection.execute("UPDATE state SET note = ?", (note,))
    (ground.folder / "checkpoint").write_bytes(note)


@pytest.mark.parametrize(("line", "name"), [(4, "ed25519"), (5, "ml-dsa-44")])
def test_a_stripped_signature_is_found_by_name(ground: Ground, line: int, name: str) -> None:
    lines = (ground.folder / "checkpoint").read_bytes().splitlines(keepends=True)
    del lines[line]
    replace(ground, b"".join(lines))
    faults = verify(ground.folder, KEYS.verifiers).faults
    assert {fault.word for fault in faults} == {Word.SIGNATURE}
    assert all(name in fault.what for fault in faults)


def test_a_checkpoint_under_other_keys_is_found_and_not_continued(ground: Ground) -> None:
    replace(
        ground, OTHERS.sign(ground.sequencer.size, ground.sequencer._tree.frontier.root(), Nanoseconds(START))
    )
    assert {fault.word for fault in verify(ground.folder, KEYS.verifiers).faults} == {Word.SIGNATURE}
    ground.sequencer.release()
    with pytest.raises(CheckpointInvalid):
        Sequencer(ground.folder, KEYS, ground.clock)


def test_replacing_the_public_keys_too_does_not_help_against_a_remembered_checkpoint(ground: Ground) -> None:
    remembered = (ground.folder / "checkpoint").read_bytes()
    replace(
        ground, OTHERS.sign(ground.sequencer.size, ground.sequencer._tree.frontier.root(), Nanoseconds(START))
    )
    assert verify(ground.folder, OTHERS.verifiers).intact  # nothing on this machine can tell
    assert verify(ground.folder, OTHERS.verifiers, remembered).words == {"bad signature": 1}
