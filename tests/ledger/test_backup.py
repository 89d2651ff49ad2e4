"""A backup is one that the ledger can be put together from: whole, private, and of one moment."""

from pathlib import Path

import pytest

from bartizan.crypto.keyring import KeyUnreadable
from bartizan.ledger import backup as module
from bartizan.ledger.backup import FolderTaken, backup
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.database import FILE, copy
from bartizan.ledger.installation import KEYS as PUBLIC
from bartizan.ledger.installation import WITNESSED, write_whole
from bartizan.ledger.restore import restore
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import NOW, cosigner


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path / "ledger")
    (made.folder / PUBLIC).write_bytes(KEYS.verifiers.encode())
    fill(made, 1, 20)
    witnessed(made)
    return made


def witnessed(ground: Ground) -> None:
    note = ground.sequencer.checkpoint()
    write_whole(ground.folder / WITNESSED, note + cosigner().sign(parse_point(note)[0], NOW))


def test_what_is_cosigned_while_it_is_written_does_not_make_it_useless(
    tmp_path: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(folder: Path, to: Path) -> None:
        copy(folder, to)
        fill(ground, 2, 5)
        witnessed(ground)

    monkeypatch.setattr(module, "copy", slowly)
    assert backup(ground.folder, KEYS.verifiers, tmp_path / "kept").intact
    done = restore(tmp_path / "new", [tmp_path / "kept"])
    assert (done.whole, done.entries) == (True, 41)


def test_nobody_else_can_read_it_whoever_made_the_folder(tmp_path: Path, ground: Ground) -> None:
    """The keys that open segments go on with are in it."""
    (tmp_path / "kept").mkdir(mode=0o755)
    backup(ground.folder, KEYS.verifiers, tmp_path / "kept")
    for path in (tmp_path / "kept").iterdir():
        assert path.name in {PUBLIC, "checkpoint"} or not path.stat().st_mode & 0o077, path


def test_private_keys_that_are_not_there_are_said(tmp_path: Path, ground: Ground) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises((FileNotFoundError, KeyUnreadable)):
        backup(ground.folder, KEYS.verifiers, tmp_path / "kept", tmp_path / "keys")
    assert not (tmp_path / "kept").exists()


def test_two_at_once_into_one_folder_are_not_mixed(
    tmp_path: Path, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(folder: Path, to: Path) -> None:
        with monkeypatch.context() as plain:
            plain.setattr(module, "copy", copy)
            plain.setattr(Path, "iterdir", lambda _: iter(()))  # it looked before the first one began
            with pytest.raises(FolderTaken):
                backup(folder, KEYS.verifiers, to)
        copy(folder, to)

    monkeypatch.setattr(module, "copy", meanwhile)
    assert backup(ground.folder, KEYS.verifiers, tmp_path / "kept").intact
    assert (tmp_path / "kept" / FILE).stat().st_size


def test_one_with_faults_is_removed_from_behind_a_link_too(tmp_path: Path, ground: Ground) -> None:
    ground.apart().execute("DELETE FROM entries WHERE number = 3")
    (tmp_path / "disk").mkdir()
    (tmp_path / "kept").symlink_to(tmp_path / "disk")
    assert not backup(ground.folder, KEYS.verifiers, tmp_path / "kept").intact
    assert list((tmp_path / "disk").iterdir()) == []
