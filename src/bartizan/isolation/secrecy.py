"""Secrets in memory: a page that is never swapped out, dumped or inherited, and octets that are overwritten when done with.

Source: mlock(2), madvise(2) MADV_DONTDUMP and MADV_WIPEONFORK.
"""

import ctypes
import mmap
import os
from typing import Final

from _cffi_backend import FFI  # type: ignore[import-untyped]  # what `cryptography` calls OpenSSL by

_DONTDUMP, _WIPEONFORK = 16, 18
_MOST: Final = 64
_ZEROS: Final = bytes(_MOST)
_FFI: Final = FFI()
_move, _view = _FFI.memmove, _FFI.from_buffer


class PageUnlocked(OSError):
    """The kernel does not lock the page: what is in it may be written to a disk."""


def wipe(octets: bytes) -> None:
    """Overwrite octets that nobody else will read: at most 64, and none that Python may share, as short constants.

    Freed octets stay as they are until something else is put there, for whoever reads this memory later.
    """
    _move(_view(octets), _ZEROS, len(octets))


def locked_page() -> memoryview:
    """Return a page of zeros that is not swapped, dumped, or handed to a child; it lives as long as the process.

    Raises:
        PageUnlocked: the kernel refuses to lock it.
    """
    page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for advice in (_DONTDUMP, _WIPEONFORK):
        page.madvise(advice)
    libc = ctypes.CDLL(None, use_errno=True)
    view = memoryview(page)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if libc.mlock(ctypes.c_void_p(place), ctypes.c_size_t(mmap.PAGESIZE)):
        fault = ctypes.get_errno()
        raise PageUnlocked(fault, os.strerror(fault))
    return view
