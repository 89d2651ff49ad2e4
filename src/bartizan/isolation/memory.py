"""Sealed memory files: how secrets and large values pass from process to process without touching a disk.

Source: memfd_create(2), fcntl(2) F_ADD_SEALS.
"""

import fcntl
import os
from typing import Final

_F_ADD_SEALS, _F_GET_SEALS = 1033, 1034
_SEAL, _SHRINK, _GROW, _WRITE = 1, 2, 4, 8
_UNCHANGEABLE: Final = _SHRINK | _GROW | _WRITE
LARGEST: Final = 64 << 20
"""Octets that a memory file may hold."""


class MemoryFileRefused(ValueError):
    """A descriptor that should be an unchangeable memory file is not one; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"memory file refused: {fault}")
        self.fault = fault


def sealed(content: bytes | bytearray) -> int:
    """Return a descriptor of a new memory file with this content that nobody can change; the caller closes it."""
    fd = os.memfd_create("bartizan", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        fcntl.fcntl(fd, _F_ADD_SEALS, _SEAL | _UNCHANGEABLE)
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_sealed(fd: int) -> bytearray:
    """Return the whole content of a memory file, as octets that the caller can overwrite, and close it.

    Raises:
        MemoryFileRefused: not a memory file, still changeable, or over `LARGEST`.
    """
    try:
        try:
            seals = fcntl.fcntl(fd, _F_GET_SEALS)
        except OSError as fault:
            raise MemoryFileRefused("not a memory file") from fault
        if seals & _UNCHANGEABLE != _UNCHANGEABLE:
            raise MemoryFileRefused("it can still be changed")
        size = os.lseek(fd, 0, os.SEEK_END)  # not fstat, which a confined worker does not have
        if size > LARGEST:
            raise MemoryFileRefused(f"{size} octets, at most {LARGEST}")
        content = bytearray(size)
        if os.preadv(fd, [content], 0) != size:
            raise MemoryFileRefused("it ended early")
        return content
    finally:
        os.close(fd)
