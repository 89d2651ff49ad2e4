"""A sealed memory file holds what it was given, and nobody changes it."""

import mmap
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.isolation.memory import MemoryFileRefused, read_sealed, sealed


@given(st.binary(max_size=100_000))
def test_what_is_sealed_is_read(content: bytes) -> None:
    assert read_sealed(sealed(content)) == content


def test_a_sealed_file_cannot_be_written_grown_or_shrunk() -> None:
    fd = sealed(b"secret")
    with pytest.raises(PermissionError):
        os.pwrite(fd, b"x", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(fd, 0)
    with pytest.raises(PermissionError):
        os.ftruncate(fd, 100)
    with pytest.raises(PermissionError):
        mmap.mmap(fd, 6, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    assert read_sealed(fd) == b"secret"


def test_a_file_that_can_still_be_changed_is_refused() -> None:
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    with pytest.raises(MemoryFileRefused, match="can still be changed"):
        read_sealed(fd)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


def test_a_file_on_disk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with pytest.raises(MemoryFileRefused, match="not a memory file"):
        read_sealed(os.open(path, os.O_RDONLY))


def test_what_was_read_can_be_overwritten() -> None:
    content = read_sealed(sealed(b"key"))
    content[:] = bytes(3)
    assert content == bytes(3)
