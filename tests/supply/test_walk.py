"""Finding files: all of them, hidden ones too, and nothing outside."""

import errno
import os
import socket
from pathlib import Path

import pytest

from bartizan.supply import walk
from bartizan.supply.walk import Refused, opening, repository
from bartizan.supply.walk import walk as found_under


def places(folder: Path) -> list[str]:
    return [each.place for each in found_under(folder)]


def refusal(path: Path, named: Path) -> str:
    with pytest.raises(Refused) as refused, opening(path, repository(named)):
        pass
    return refused.value.reason.word


def filled(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("words\n")
    return folder


def test_every_file_comes_out_once_hidden_ones_too(tmp_path: Path) -> None:
    filled(tmp_path, "b", "a/z", ".git/objects/x", ".a", "a/.b/c")
    (tmp_path / "empty").mkdir()
    assert places(tmp_path) == [".a", ".git/objects/x", "a/.b/c", "a/z", "b"]
    assert [each.path for each in found_under(tmp_path)] == [tmp_path / each for each in places(tmp_path)]
    assert places(tmp_path / "b") == ["b"]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        places(tmp_path / "a")


def test_a_folder_that_cannot_be_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, "a/b", "c")
    whole = os.scandir

    def scandir(folder: Path) -> object:  # root may look at every folder
        if folder == tmp_path / "a":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return whole(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert {each.place: each.fault and each.fault.word for each in found_under(tmp_path)} == {
        "a": "unreadable",
        "c": None,
    }


def test_folders_that_go_too_deep_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "DEEPEST", 2)
    filled(tmp_path, "a/b/c", "a/b/d/e")
    found = {each.place: each.fault and each.fault.word for each in found_under(tmp_path)}
    assert found == {"a/b/c": None, "a/b/d": "too-deep"}


def test_files_without_end_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_FILES", 3)
    filled(tmp_path, "a", "b", "c")
    assert [each.fault for each in found_under(tmp_path)] == [None] * 3
    filled(tmp_path, "d")
    *_, last = found_under(tmp_path)
    assert last.fault is not None
    assert last.fault.word == "too-many-files"


# ---- what is opened -----------------------------------------------------------------------------------------
def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    filled(tmp_path, "a")
    with opening(tmp_path / "a", repository(tmp_path)) as descriptor:
        assert os.read(descriptor, 9) == b"words\n"
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(str(tmp_path / "socket"))
        for name, target in (("null", "/dev/null"), ("tty", "/dev/tty"), ("to-pipe", "pipe")):
            (tmp_path / name).symlink_to(target)
        for name in ("pipe", "socket", "null", "tty", "to-pipe"):
            assert refusal(tmp_path / name, tmp_path) == "no-regular-file", name


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "a/../../outside", "/etc", ".."])
def test_a_link_that_leads_out_is_not_followed(target: str, tmp_path: Path) -> None:
    filled(tmp_path, "outside", "in/a/b")
    (tmp_path / "in/link").symlink_to(target)
    assert refusal(tmp_path / "in/link", tmp_path / "in") == "link-leads-out"


def test_a_link_through_another_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    filled(tmp_path, "outside", "in/a")
    (tmp_path / "in/up").symlink_to("..")
    (tmp_path / "in/link").symlink_to("up/outside")
    assert refusal(tmp_path / "in/link", tmp_path / "in") == "link-leads-out"


def test_links_to_nothing_and_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "a", tmp_path) == "link-broken"
    assert refusal(tmp_path / "loop", tmp_path) == "unreadable"


def test_a_link_within_is_followed_and_one_to_a_folder_is_read_where_that_stands(tmp_path: Path) -> None:
    filled(tmp_path, "a/b")
    (tmp_path / "c").symlink_to("a/b")
    (tmp_path / "d").symlink_to("a")
    (tmp_path / "here").symlink_to(".")
    assert places(tmp_path) == ["a/b", "c", "d", "here"]
    with opening(tmp_path / "c", repository(tmp_path)) as descriptor:
        assert os.read(descriptor, 9) == b"words\n"
    assert refusal(tmp_path / "d", tmp_path) == refusal(tmp_path / "here", tmp_path) == "link-to-folder"


def test_what_a_person_names_may_be_a_link_to_anywhere(tmp_path: Path) -> None:
    filled(tmp_path, "a/b")
    (tmp_path / "file").symlink_to("a/b")
    (tmp_path / "folder").symlink_to("a")
    with opening(tmp_path / "file", repository(tmp_path / "file")) as descriptor:
        assert os.read(descriptor, 9) == b"words\n"
    assert places(tmp_path / "folder") == ["b"]
    with opening(tmp_path / "folder/b", repository(tmp_path / "folder")) as descriptor:
        assert os.read(descriptor, 9) == b"words\n"


def test_a_snapshot_in_hugging_faces_cache_may_lead_to_its_own_blobs(tmp_path: Path) -> None:
    cache = filled(tmp_path, "models--a--b/blobs/4bc1", "models--a--b/refs/main", "models--c--d/blobs/9")
    snapshot = cache / "models--a--b/snapshots/4bc1d2"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to("../../blobs/4bc1")
    (snapshot / "other").symlink_to("../../../models--c--d/blobs/9")
    (snapshot / "folder").symlink_to("../../blobs")
    with opening(snapshot / "model.safetensors", repository(snapshot)) as descriptor:
        assert os.read(descriptor, 9) == b"words\n"
    assert refusal(snapshot / "other", snapshot) == "link-leads-out"
    assert refusal(snapshot / "folder", snapshot) == "link-leads-out"
