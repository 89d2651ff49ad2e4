"""What a process gives up before it sees a stranger's octets: files, sockets, programs, privileges, and memory without bound.

Rules of this file: what it keeps is open already. Where an old kernel cannot confine, the bounds hold, and only what a fault could
reach is more.
"""

import contextlib
import os
import resource
import signal
from collections.abc import Sequence
from pathlib import Path


def give_up(keeps: Sequence[int], memory: int, writes: int = 0) -> None:
    """Give up everything but some open descriptors; for a process that was just forked and has one thread.

    Args:
        keeps: descriptors above 2, which stay open.
        memory: octets that it may hold of its own; what is mapped of a file does not count, nor what it was forked with.
        writes: octets that a file of those may grow to.
    """
    from bartizan.isolation import kernel  # noqa: PLC0415 - the process alone needs it
    from bartizan.isolation.carrier import Reach, confine  # noqa: PLC0415 - the process alone needs it
    from bartizan.isolation.confinement import IsolationUnavailable  # noqa: PLC0415 - the process alone needs it

    with contextlib.suppress(OSError):
        kernel.die_with_parent(signal.SIGKILL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    at = 3
    for kept in (*sorted(keeps), resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
        os.closerange(at, kept)
        at = kept + 1
    _lower(resource.RLIMIT_FSIZE, writes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_DATA, memory + _held())
    with contextlib.suppress(IsolationUnavailable):
        confine(Reach("reader of files"))


def allow(seconds: int) -> None:
    """Let this process work for so many seconds more of a processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
    )


def _held() -> int:
    """Return octets that the process has from the one that it was forked from; of its own it has none yet."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[5]) * resource.getpagesize()


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    least = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (least, least))
