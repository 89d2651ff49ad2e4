"""The owner puts an older checkpoint of the ledger's own in the place of the latest one, so that who saves what was
verified remembers less than before; next time, what is not remembered any more is rewritten."""

from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.ledger.installation import CHECKPOINT
from tests.ledger.ground import KEYS, Ground, fill

VERIFY = ["ledger", "verify", "--state", "s", "--save", "kept"]


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """Return a ledger of a few entries in the state folder `s` of the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    ground = Ground(tmp_path / "s" / "ledger")
    (ground.folder / "keys.pub").write_bytes(KEYS.verifiers.encode())
    fill(ground, 1, 5)
    return ground


def test_what_was_saved_never_covers_less_than_before(ground: Ground, tmp_path: Path) -> None:
    early = ground.sequencer.checkpoint()
    fill(ground, 2, 20)
    latest = ground.sequencer.checkpoint()
    ground.sequencer.release()
    assert run(VERIFY) == Exit.CLEAN
    assert (tmp_path / "kept").read_bytes() == latest
    (ground.folder / CHECKPOINT).write_bytes(early)
    assert run(VERIFY) == Exit.CLEAN
    assert (tmp_path / "kept").read_bytes() == latest


def test_a_checkpoint_that_is_gone_is_not_saved_as_nothing(ground: Ground, tmp_path: Path) -> None:
    latest = ground.sequencer.checkpoint()
    ground.sequencer.release()
    (ground.folder / CHECKPOINT).unlink()
    assert run(VERIFY) == Exit.CLEAN
    assert (tmp_path / "kept").read_bytes() == latest
