"""A key file is its owner's alone, is there in whole or not at all, and is never replaced."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bartizan.crypto.keyring import MOST, KeyExposed, KeyUnreadable, load, load_or_create
from bartizan.crypto.secret import Secret


def make(text: str = "a key") -> Secret:
    return Secret(text.encode())


def test_a_key_is_made_once_and_loaded_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one.pem"
    assert load_or_create(path, make).reveal() == b"a key"
    assert load_or_create(path, lambda: make("another")).reveal() == b"a key"


def test_the_file_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one.pem"
    load_or_create(path, make)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["one.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o777])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "one.pem"
    load_or_create(path, make)
    path.chmod(mode)
    with pytest.raises(KeyExposed) as fault:
        load_or_create(path, make)
    assert fault.value.mode == mode
    assert "a key" not in str(fault.value)


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real.pem", tmp_path / "link.pem", tmp_path / "pipe.pem"
    load_or_create(real, make)
    link.symlink_to(real)
    os.mkfifo(pipe, 0o600)
    for path in (link, pipe, tmp_path):
        with pytest.raises(KeyUnreadable):
            load(path)


@pytest.mark.parametrize("octets", [0, MOST, MOST + 1])
def test_an_empty_or_swollen_file_is_refused(tmp_path: Path, octets: int) -> None:
    path = tmp_path / "one.pem"
    path.touch(mode=0o600)
    path.write_bytes(b"x" * octets)
    with pytest.raises(KeyUnreadable):
        load(path)


def test_a_missing_key_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.pem")


def test_of_many_who_begin_at_once_all_get_one_key(tmp_path: Path) -> None:
    path = tmp_path / "one.pem"
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda number: load_or_create(path, lambda: make(f"key {number}")), range(64)))
    assert len({secret.reveal() for secret in got}) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failure_to_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(KeyUnreadable):
        load_or_create(path, make)
    assert list(tmp_path.iterdir()) == []
