"""Doing one thing with one file in a process of its own, which can read it, write what it was given, and answer once.

Rules of this file: the process is forked, gives up all else before it sees an octet, and is bounded as one that scans is. Whatever
ends it, and whatever it says that is no answer, is a refusal.
"""

import contextlib
import os
import select
import signal
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

import msgspec

from bartizan.supply.confined import allow, give_up
from bartizan.supply.octets import Octets, mapped
from bartizan.supply.reading import Bounds
from bartizan.supply.rebuild.report import Refusal
from bartizan.supply.subject import UNKNOWN, Reason, Standing

_LONGEST: Final = 1 << 27
"""Octets of an answer: the names of all tensors that a header can hold."""
_PIECE: Final = 1 << 20
_READY: Final = b"!"
_LAST_SECONDS: Final = 5
"""Until a process that answers no more is killed."""
_START_SECONDS: Final = 60
_STARTS: Final = 3
_Answer = TypeVar("_Answer", bound=msgspec.Struct)
Work = Callable[[Octets], msgspec.Struct]


class Task(NamedTuple):
    """What is to be done.

    Attributes:
        source: descriptor of a regular file that is open for reading.
        name: its name.
        work: (its octets) -> what is said of it; runs in the process.
        target: descriptor of a new file; -1 where there is none.
        writes: octets that it may grow to.
    """

    source: int
    name: str
    work: Work
    target: int = -1
    writes: int = 0


def apart(task: Task, answer: type[_Answer], bounds: Bounds | None = None) -> "_Answer | Refusal":
    """Return what is said of a file; never raises for what is in it.

    Args:
        task: what is to be done.
        answer: type of what is said.
        bounds: of the process.
    Raises:
        OSError: no process is to be had.
    """
    limits = bounds or Bounds()
    for _ in range(_STARTS):
        process, channel = _forked(task, limits)
        ready, said = False, None
        try:
            ready = _next(channel, 1, _START_SECONDS) == _READY
            said = _all(channel, limits.wall) if ready else None
        finally:
            status = _ended(process, channel)
        if ready:  # else it was forked while another thread held a lock
            return _answer(said, status, answer)
    return _refused(
        "reader-failed", "no process to read files in gets ready; run it again on a machine less busy"
    )


def _forked(task: Task, bounds: Bounds) -> tuple[int, int]:
    ours, theirs = os.pipe2(os.O_CLOEXEC)
    process = os.fork()
    if not process:
        os.close(ours)
        _live(task, theirs, bounds)
    os.close(theirs)
    return process, ours


def _next(channel: int, count: int, seconds: float) -> bytes | None:
    """Return what is said next, empty at the end; None where nothing comes in time."""
    return os.read(channel, count) if select.select([channel], [], [], seconds)[0] else None


def _all(channel: int, seconds: float) -> bytes | None:
    """Return all that is said; None where it takes too long, or is too long."""
    said = bytearray()
    while len(said) <= _LONGEST:
        piece = _next(channel, _PIECE, seconds)
        if piece is None:
            return None
        if not piece:
            return bytes(said)
        said += piece
    return None


def _ended(process: int, channel: int) -> int:
    """Return the status with which the process ended, once it has."""
    os.close(channel)
    watched = os.pidfd_open(process)
    if not select.select([watched], [], [], _LAST_SECONDS)[0]:
        signal.pidfd_send_signal(watched, signal.SIGKILL)
    os.close(watched)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _answer(said: bytes | None, status: int, answer: type[_Answer]) -> "_Answer | Refusal":
    if said is None or status == -signal.SIGXCPU:
        return _refused("timed-out", "it takes more time than a file is worth; rebuild its parts")
    if status == -signal.SIGBUS:
        return _refused("changed", "it was changed while it was read; rebuild it once it is whole")
    with contextlib.suppress(msgspec.DecodeError):
        found: _Answer | Refusal = msgspec.json.decode(said, type=answer | Refusal)
        return found
    return _refused(
        "reader-failed",
        f"what reads it ended with {status}; leave the file out, and tell us of it (SECURITY.md)",
    )


def _refused(word: str, what: str) -> Refusal:
    return Refusal(UNKNOWN, Reason(word, what, Standing.UNKNOWN))


# ---- in the process -----------------------------------------------------------------------------------------
def _live(task: Task, channel: int, bounds: Bounds) -> None:
    """Do it and answer; never returns, and never raises."""
    status = 1
    try:
        keeps = {task.source, channel, *([] if task.target < 0 else [task.target])}
        give_up(tuple(keeps), bounds.memory, task.writes)
        os.write(channel, _READY)
        allow(bounds.cpu)
        _say(channel, msgspec.json.encode(_done(task)))
        status = 0
    finally:
        os._exit(status)


def _done(task: Task) -> msgspec.Struct:
    try:
        with mapped(task.source, task.name) as octets:
            return task.work(octets)
    except MemoryError:
        return _refused("too-large", "it takes more memory than a file is worth; rebuild its parts")
    except OSError as fault:
        what = f"it cannot be read, or the new file not written: {fault.strerror}; make room, or copy it anew"
        return _refused("unreadable", what)


def _say(channel: int, said: bytes) -> None:
    left = memoryview(said)
    while left:
        left = left[os.write(channel, left) :]
