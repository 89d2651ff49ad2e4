"""Everything that lies in a folder is told or named as what cannot be; nothing is followed, nothing left out in silence."""

import os
import socket
from pathlib import Path

import pytest

from bartizan.artifact import walk
from bartizan.artifact.cache import settled
from bartizan.artifact.errors import TooLarge
from bartizan.artifact.inventory import Request, take, within
from bartizan.artifact.manifest import encoded, parsed
from tests.artifact.trees import LATE, tree


def told(path: Path, request: Request | None = None) -> dict[str, str]:
    found = take(path, request or Request())
    return {entry.name: entry.kind for entry in found.manifest.entries}


def refused(path: Path) -> dict[str, str]:
    return dict(take(path, Request()).refused)


def test_hidden_and_empty_ones_are_told_and_links_as_links(tmp_path: Path) -> None:
    tree(tmp_path, {".git/hooks/a": b"", "d/x": b"1", ".h": b"2", "l": "d/x", "d/up": ".."})
    (tmp_path / "empty").mkdir()
    assert told(tmp_path) == {
        ".git": "folder", ".git/hooks": "folder", ".git/hooks/a": "file", ".h": "file", "d": "folder", "d/up": "link",
        "d/x": "file", "empty": "folder", "l": "link",
    }  # fmt: skip


def test_the_manifest_of_a_folder_is_valid_and_the_same_twice(tmp_path: Path) -> None:
    tree(tmp_path, {"ä/z": b"1", "ä.b": b"2", "Z": b"", "a b": b"3"})
    octets = encoded(take(tmp_path, Request()).manifest)
    assert parsed(octets) == take(tmp_path, Request()).manifest


def test_a_single_file_is_told_by_itself(tmp_path: Path) -> None:
    tree(tmp_path, {"a": b"1", "b": b"2"})
    (entry,) = take(tmp_path / "a", Request()).manifest.entries
    assert (entry.name, entry.kind, entry.octets) == (".", "file", 1)
    parsed(encoded(take(tmp_path / "a", Request()).manifest))


def test_what_has_no_content_is_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
    assert refused(tmp_path).keys() == {"pipe", "socket"}
    assert refused(tmp_path / "pipe").keys() == {"pipe"}


def test_names_of_two_readings_are_refused(tmp_path: Path) -> None:
    for name in (b"a\xff", b"a\nb", "e\u0301".encode(), "a\u202eb".encode(), b"a\\b"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"")
    found = refused(tmp_path)
    assert len(found) == 5
    assert all(name.isascii() and name.isprintable() for name in found)


def test_links_outside_are_refused_and_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"secret": b"x"})
    inside = tree(tmp_path / "in", {"a": str(outside / "secret"), "d": "../outside", "gone": "nothing"})
    assert refused(inside).keys() == {"a", "d", "gone"}
    assert told(inside) == {"a": "link", "d": "link", "gone": "link"}
    assert refused(inside / "a").keys() == {"a"}


def test_a_tree_deeper_than_names_may_be_is_refused_not_walked_for_ever(tmp_path: Path) -> None:
    here = tmp_path
    for _ in range(70):
        here /= "d"
        here.mkdir()
    assert [name.count("/") for name in refused(tmp_path)] == [64]


def test_more_than_a_manifest_holds_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST", 2)
    tree(tmp_path, {"a": b"", "b": b"", "c": b""})
    with pytest.raises(TooLarge, match="more than 2"):
        take(tmp_path, Request())


def test_what_is_passed_over_is_named(tmp_path: Path) -> None:
    tree(tmp_path, {"a": b"", "a.sig": b"", ".git/x/y": b"", ".gitx": b""})
    found = take(tmp_path, Request(outside=frozenset({"a.sig", "gone"}), passing=(".git",)))
    assert found.passed == (".git/x/y", "a.sig")
    assert found.manifest.outside == ("a.sig", "gone")
    assert {entry.name for entry in found.manifest.entries} == {"a", ".gitx"}


def test_one_changed_file_reads_one_file(tmp_path: Path) -> None:
    tree(tmp_path, {f"d/{number}": b"%d" % number for number in range(20)})
    first = take(tmp_path, Request())
    kept = settled(first.rows, LATE)
    assert (first.hashed, take(tmp_path, Request(kept=kept)).hashed) == (20, 0)
    (tmp_path / "d/7").write_bytes(b"x")
    (tmp_path / "d/8").rename(tmp_path / "moved")
    again = take(tmp_path, Request(kept=kept))
    assert (again.hashed, again.manifest) == (2, take(tmp_path, Request()).manifest)


def test_a_digest_that_is_not_known_is_taken(tmp_path: Path) -> None:
    tree(tmp_path, {"a": b"1"})
    kept = settled(take(tmp_path, Request(("sha256",))).rows, LATE)
    assert take(tmp_path, Request(kept=kept)).hashed == 1
    assert take(tmp_path, Request(("sha256",), kept=kept)).hashed == 0


def test_a_file_with_the_times_of_another_state_is_read_all_the_same(tmp_path: Path) -> None:
    """Its size, inode and time of change can be forged; that of its status cannot."""
    file = tree(tmp_path, {"a": b"1"}) / "a"
    before = file.stat()
    kept = settled(take(tmp_path, Request()).rows, LATE)
    with file.open("r+b") as stream:
        stream.write(b"2")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_ino, after.st_mtime_ns) == (1, before.st_ino, before.st_mtime_ns)
    assert take(tmp_path, Request(kept=kept)).manifest == take(tmp_path, Request()).manifest


def test_names_of_files_within_are_found_through_links(tmp_path: Path) -> None:
    tree(tmp_path, {"m/d/x": b"", "m.sig": b"", "l": "m"})
    inside = within(tmp_path / "l", [tmp_path / "m/d/x", tmp_path / "l/new", tmp_path / "m.sig"])
    assert inside == {"d/x", "new"}
