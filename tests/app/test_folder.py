"""A state folder is its owner's alone, and a folder that is somebody's is not taken for one."""

import os
import stat
from pathlib import Path

import pytest

from bartizan.app.folder import Folder, FolderRefused


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    Folder(tmp_path / "state").make()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert (tmp_path / "state" / ".gitignore").read_text() == "*\n"
    Folder(tmp_path / "state").make()


def test_an_empty_folder_that_is_there_is_taken(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "lost+found").mkdir()
    Folder(tmp_path).make()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_with_something_else_in_it_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "src").mkdir()
    with pytest.raises(FolderRefused, match="holds src, which is not Bartizan's"):
        Folder(tmp_path).make()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "src"]
    assert (tmp_path / ".gitignore").read_text() == "build/\n"


def test_a_file_that_hides_a_folder_is_not_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("keys/\n")
    Folder(tmp_path).make()
    assert (tmp_path / ".gitignore").read_text() == "keys/\n"


@pytest.mark.parametrize("name", ["file", "file/below", "missing/below", "x" * 300])
def test_what_cannot_be_a_folder_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderRefused, match=f"{name}.*--state"):
        Folder(tmp_path / name).make()


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(FolderRefused, match="belongs to another user"):
        Folder(tmp_path).make()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["", "keys", "run", "ledger/segments"])
def test_where_others_could_have_laid_something_is_refused(tmp_path: Path, part: str) -> None:
    """A key that somebody else knows, a folder to write keys to, a link in the place of a file."""
    folder = Folder(tmp_path / "state")
    folder.make()
    (folder.root / part).chmod(0o777)
    with pytest.raises(FolderRefused, match="others could have written"):
        folder.make()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
@pytest.mark.parametrize("part", ["", "keys", "run", "ledger"])
def test_another_users_folder_is_refused(tmp_path: Path, part: str) -> None:
    folder = Folder(tmp_path / "state")
    folder.make()
    os.chown(folder.root / part, 65534, 65534)
    with pytest.raises(FolderRefused):
        folder.make()
