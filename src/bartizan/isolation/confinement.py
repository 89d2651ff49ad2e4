"""What every process that is confined shares: what it says that holds it, and what the kernel can deny.

Rules of this file: nothing is given up here; who does so is `worker.py` and `carrier.py`.
"""

import errno
import os
from typing import Final

import msgspec

from bartizan.isolation import kernel
from bartizan.isolation.bpf import Argument, Rule, refuse

_CLONE_THREAD: Final = 0x10000
_CLONE_OTHERWISE: Final = 0x2000 | 0x4000 | 0x8000 | 0x20000 | 0x7E000000
"""Clone flags of tracing, vfork, another parent and new name spaces; a thread has none of them."""
THREADS: Final = (
    Rule("clone3", verdict=refuse(errno.ENOSYS)),  # its flags cannot be seen; glibc falls back to clone
    Rule("clone", (Argument(0, _CLONE_THREAD, _CLONE_THREAD | _CLONE_OTHERWISE),)),
)
"""Threads, and no processes."""


class IsolationUnavailable(OSError):
    """A process cannot be confined; `missing` names what the kernel lacks."""

    def __init__(self, missing: str, what: str = "gateway worker") -> None:
        """Name what is missing, and for which process."""
        super().__init__(
            errno.ENOSYS,
            f"cannot confine the {what}: {missing}; run on Linux 5.19 or newer on x86-64 or arm64, "
            'or accept the risk with isolation = "none"',
        )
        self.missing = missing


class Confinement(msgspec.Struct, frozen=True):
    """What holds a process: whether system calls are filtered, and the Landlock ABI (0 is none)."""

    seccomp: bool = False
    landlock: int = 0


class Abi(msgspec.Struct, frozen=True):
    """What a version of Landlock can deny, bit by bit, and how long its attribute is. Source: landlock(7)."""

    version: int
    filesystem: int
    network: int
    scope: int
    size: int


def abi() -> Abi:
    """Return what this kernel's Landlock can deny; version 0 where it has none."""
    version = kernel.landlock_version()
    rights = {0: 0, 1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    tcp, scopes = version >= 4, version >= 6  # noqa: PLR2004  # ABI 4: TCP; ABI 6: scopes
    size = 24 if scopes else 16 if tcp else 8
    return Abi(version, (1 << rights) - 1, 0b11 if tcp else 0, 0b11 if scopes else 0, size)


def single_threaded(what: str = "gateway worker") -> None:
    """Return where this thread is alone in its process.

    Raises:
        IsolationUnavailable: another one runs, which Landlock would not bind.
    """
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208  # a path object would import more than it saves
        raise IsolationUnavailable("a thread already runs that Landlock would not bind", what)
