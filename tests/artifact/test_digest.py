"""Digests are those of the whole file and of each shard, whatever the threads, and of one state of it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import blake3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.artifact import digest
from bartizan.artifact.digest import Digests, Wanted, digests
from bartizan.artifact.errors import Moving
from bartizan.artifact.walk import facts, rooted

SHARD = 1000


@contextmanager
def wanted(folder: Path, *contents: bytes) -> Iterator[tuple[int, list[Wanted]]]:
    files = []
    for number, content in enumerate(contents):
        file = folder / str(number)
        file.write_bytes(content)
        files.append(Wanted(str(number), facts(file.stat())))
    with rooted(folder) as root:
        yield root, files


def trees(content: bytes) -> tuple[str, ...]:
    starts = range(0, max(1, len(content)), SHARD)
    return tuple(blake3.blake3(content[start : start + SHARD]).hexdigest() for start in starts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3 * SHARD), min_size=1, max_size=4), st.integers(1, 3))
def test_they_are_those_of_the_content(tmp_path: Path, sizes: list[int], threads: int) -> None:
    contents = [os.urandom(size) for size in sizes]
    with wanted(tmp_path, *contents) as (root, files):
        both = digests(root, files, ("blake3", "sha256"), SHARD, threads)
        apart = digests(root, files, ("blake3",), SHARD, threads)
        one = digests(root, files, ("sha256",), SHARD, threads)
    assert both == [Digests(hashlib.sha256(each).hexdigest(), trees(each)) for each in contents]
    assert apart == [Digests("", each.blake3) for each in both]
    assert one == [Digests(each.sha256) for each in both]


def test_a_file_of_many_pieces_is_read_to_its_end(tmp_path: Path) -> None:
    content = os.urandom(2 * digest.PIECE + 17)
    with wanted(tmp_path, content) as (root, files):
        (found,) = digests(root, files, ("blake3", "sha256"), 1 << 30)
    assert found == Digests(hashlib.sha256(content).hexdigest(), (blake3.blake3(content).hexdigest(),))


def test_threads_are_bounded() -> None:
    assert 1 <= digest.threads() <= digest.MOST_THREADS


def test_a_file_that_changed_since_it_was_found_is_told(tmp_path: Path) -> None:
    with wanted(tmp_path, b"abc") as (root, files):
        os.utime(tmp_path / "0", ns=(1, 1))
        with pytest.raises(Moving, match="0 changed"):
            digests(root, files, ("sha256",), SHARD)


def test_a_file_that_is_cut_off_while_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(3 * digest.PIECE)
    real = os.preadv

    def cut(descriptor: int, rooms: list[memoryview], start: int) -> int:
        if start:
            os.truncate(tmp_path / "0", digest.PIECE)
        return real(descriptor, rooms, start)

    with wanted(tmp_path, content) as (root, files):
        monkeypatch.setattr(os, "preadv", cut)
        with pytest.raises(Moving):
            digests(root, files, ("sha256",), SHARD)


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    with wanted(tmp_path, b"abc") as (root, files):
        (tmp_path / "0").unlink()
        (tmp_path / "0").symlink_to("/etc/hostname")
        with pytest.raises(Moving):
            digests(root, files, ("sha256",), SHARD)


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"abc")
    file = Wanted("d/f", facts((tmp_path / "d" / "f").stat()))
    (tmp_path / "d").rename(tmp_path / "e")
    (tmp_path / "d").symlink_to("e")
    with rooted(tmp_path) as root, pytest.raises(Moving):
        digests(root, [file], ("sha256",), SHARD)
