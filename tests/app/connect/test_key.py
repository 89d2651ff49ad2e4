"""The local key: in a file that this user alone reads, new each time, gone with its proxy."""

import os
from pathlib import Path

import pytest

from bartizan.app.connect.key import KeyFolderUnsafe, key_file, key_folder


def test_the_key_is_this_users_alone_and_goes_with_its_proxy(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with key_file(folder, 8444) as (file, key):
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
        assert key.matches(file.read_bytes().rstrip())
        assert len(file.read_text()) >= 32
    assert list(folder.iterdir()) == []
    with key_file(folder, 8444) as (_, another):
        assert not another.matches(key.reveal())


def test_what_a_killed_proxy_left_is_replaced_and_a_later_ones_key_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    left = tmp_path / "keys" / "connect-1.key"
    left.write_text("old")
    with key_file(tmp_path / "keys", 1) as (file, key):
        assert key.matches(file.read_bytes().rstrip())
        with key_file(tmp_path / "keys", 1) as (_, later):
            kept = file.read_bytes()
            assert later.matches(kept.rstrip())
    with key_file(tmp_path / "keys", 2) as (file, _):
        file.unlink()
        file.write_text("a later one's")
    assert file.read_text() == "a later one's"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(KeyFolderUnsafe, match="not this user's alone"), key_file(tmp_path / "keys", 1):
        pass


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    (tmp_path / "keys").symlink_to(tmp_path / "theirs")
    with pytest.raises(KeyFolderUnsafe), key_file(tmp_path / "keys", 1):
        pass
    (tmp_path / "mine").mkdir(mode=0o700)
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "mine" / "connect-1.key").symlink_to(target)
    with key_file(tmp_path / "mine", 1):
        assert target.read_text() == "precious"


def test_the_folder_is_the_sessions_where_there_is_one() -> None:
    assert key_folder({"XDG_RUNTIME_DIR": "/run/user/7"}) == Path("/run/user/7/bartizan")
    assert key_folder({"XDG_RUNTIME_DIR": "relative"}) == key_folder({})
    assert key_folder({}).name == f"bartizan-{os.geteuid()}"
