"""Room is kept where there is plenty, given back at once, and never taken from a disk that is nearly full."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from bartizan.store.reserve import PLENTY, Reserve

OCTETS = 1 << 16


def test_it_takes_room_and_gives_it_back(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, OCTETS)
    assert not reserve.release()
    assert reserve.keep()
    assert (path.stat().st_size, path.stat().st_blocks * 512 >= OCTETS) == (OCTETS, True)
    assert path.stat().st_mode & 0o077 == 0
    assert reserve.keep()
    assert reserve.release()
    assert not path.exists()
    assert not reserve.release()


def test_the_room_goes_to_the_file_that_needs_it_and_not_to_who_comes_first(tmp_path: Path) -> None:
    log = tmp_path / "store.db-wal"
    log.write_bytes(bytes(100))
    reserve = Reserve(tmp_path / "reserve", OCTETS)
    assert not reserve.hand_to(log)
    assert log.stat().st_blocks * 512 < OCTETS
    assert reserve.keep()
    assert reserve.hand_to(log)
    assert not (tmp_path / "reserve").exists()
    assert (log.read_bytes(), log.stat().st_blocks * 512 >= OCTETS) == (bytes(100), True)


@pytest.mark.parametrize("there", [False, True])
def test_what_cannot_be_handed_on_is_free_all_the_same(tmp_path: Path, *, there: bool) -> None:
    (tmp_path / "thesis").write_text("years of work")
    if there:
        (tmp_path / "log").symlink_to(tmp_path / "thesis")
    reserve = Reserve(tmp_path / "reserve", OCTETS)
    assert reserve.keep()
    assert reserve.hand_to(tmp_path / "log")
    assert (tmp_path / "thesis").stat().st_blocks * 512 < OCTETS


@pytest.mark.parametrize("free", [0, OCTETS, PLENTY * OCTETS - 1, PLENTY * OCTETS])
def test_a_disk_without_plenty_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free, f_frsize=1))
    kept = free == PLENTY * OCTETS
    assert Reserve(tmp_path / "reserve", OCTETS).keep() is kept
    assert (tmp_path / "reserve").exists() is kept


def test_one_of_another_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "reserve").write_bytes(b"x")
    assert Reserve(tmp_path / "reserve", OCTETS).keep()
    assert (tmp_path / "reserve").stat().st_size == OCTETS


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("years of work")
    (tmp_path / "reserve").symlink_to(tmp_path / "thesis")
    assert not Reserve(tmp_path / "reserve", OCTETS).keep()
    assert (tmp_path / "thesis").read_text() == "years of work"


def test_a_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "gone" / "reserve", OCTETS).keep()
