"""Reading files in a process of its own, so that a reader's fault or a file's excess is an answer and no crash.

Rules of this file: the process is forked, which costs a millisecond and needs nothing of the disk; it gives up files, sockets,
programs and privileges before it sees an octet, as far as the kernel can, and is bounded in memory, time and what it writes.
Files come to it open. Whatever ends it, the file that it was given is not understood, and another process reads the next.
"""

import contextlib
import errno
import os
import select
import signal
import socket
import struct
from typing import Final, Self

import msgspec

from bartizan.supply.confined import allow, give_up
from bartizan.supply.format import Look
from bartizan.supply.octets import Budget, mapped
from bartizan.supply.subject import UNKNOWN, ModelFile, Reason, Standing

_LENGTH: Final = struct.Struct("<I")
_LONGEST_ANSWER: Final = 1 << 20
_LONGEST_NAME: Final = 4096
_LAST_SECONDS: Final = 5
"""Until a process that answers no more, and whose channel is closed, is killed."""
_READY: Final = b"ready"
_START_SECONDS: Final = 60
_STARTS: Final = 3
"""Tries, and seconds of each, until a process is ready."""
_ANSWER: Final = msgspec.json.Decoder(ModelFile)


class Bounds(msgspec.Struct, frozen=True):
    """What reading one file may take.

    Attributes:
        memory: octets that the process may hold of its own; what is mapped of the file does not count, nor what it was forked with.
        cpu: seconds of a processor.
        wall: seconds until it is given up.
    """

    memory: int = 3 << 30
    cpu: int = 120
    wall: int = 900


class Reading:
    """Reads files, one at a time, in a process that is made anew whenever one dies; a context manager."""

    def __init__(self, look: Look, bounds: Bounds | None = None) -> None:
        """Start nothing yet.

        Args:
            look: says what a file is; runs in the process.
            bounds: of each file.
        """
        self._look, self._bounds = look, bounds or Bounds()
        self._process = 0
        self._channel: socket.socket | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._end()

    def read(self, descriptor: int, name: str) -> ModelFile:
        """Return what a file is; never raises for what is in it.

        Args:
            descriptor: of a regular file that is open for reading.
            name: its name.
        Raises:
            OSError: no process is to be had.
        """
        channel = self._started()
        try:
            socket.send_fds(channel, [os.fsencode(name)[:_LONGEST_NAME] or b"?"], [descriptor])
            return _answer(channel)
        except TimeoutError:
            os.kill(self._process, signal.SIGKILL)
            self._end()
            return _unknown("timed-out", "it was not read in the time that a file is worth; scan its parts")
        except (OSError, EOFError, msgspec.DecodeError):
            return _died(self._end())

    def _started(self) -> socket.socket:
        """Return the channel to a process that is ready.

        A process that is forked beside other threads may find a lock taken that nobody gives back; then another one is made.
        """
        if self._channel is not None:
            return self._channel
        for _ in range(_STARTS):
            channel = self._channel = self._forked()
            channel.settimeout(_START_SECONDS)
            with contextlib.suppress(TimeoutError, EOFError, ConnectionError):
                _exactly(channel, len(_READY))
                channel.settimeout(self._bounds.wall)
                return channel
            os.kill(self._process, signal.SIGKILL)
            self._end()
        raise OSError(
            errno.EAGAIN, "no process to read files in gets ready; run it again on a machine less busy"
        )

    def _forked(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self._process = os.fork()
        if not self._process:
            ours.close()
            _live(theirs, self._look, self._bounds)
        theirs.close()
        return ours

    def _end(self) -> int:
        """Return the status with which the process ended, 0 where there was none."""
        if self._channel is None:
            return 0
        self._channel.close()
        self._channel = None
        watched = os.pidfd_open(self._process)
        if not select.select([watched], [], [], _LAST_SECONDS)[0]:
            signal.pidfd_send_signal(watched, signal.SIGKILL)
        os.close(watched)
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])


def _answer(channel: socket.socket) -> ModelFile:
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length > _LONGEST_ANSWER:
        raise EOFError
    return _ANSWER.decode(_exactly(channel, length))


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = channel.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _died(status: int) -> ModelFile:
    if status == -signal.SIGXCPU:
        return _unknown("timed-out", "it was not read in the time that a file is worth; scan its parts")
    if status == -signal.SIGBUS:
        return _unknown("changed", "it was changed while it was read; scan it once it is whole")
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return _unknown(
        "reader-failed",
        f"what reads it ended with {how}; leave the file out, and tell us of it (SECURITY.md)",
    )


def _unknown(word: str, what: str) -> ModelFile:
    return ModelFile(UNKNOWN, Standing.UNKNOWN, (Reason(word, what, Standing.UNKNOWN),))


# ---- in the process -----------------------------------------------------------------------------------------
def _live(channel: socket.socket, look: Look, bounds: Bounds) -> None:
    """Serve until nobody asks; never returns, and never raises."""
    status = 1
    try:
        give_up((channel.fileno(),), bounds.memory)
        channel.sendall(_READY)
        _serve(channel, look, bounds)
        status = 0
    finally:
        os._exit(status)


def _serve(channel: socket.socket, look: Look, bounds: Bounds) -> None:
    while True:
        name, descriptors, _, _ = socket.recv_fds(channel, _LONGEST_NAME, 1)
        if not descriptors:
            return
        allow(bounds.cpu)
        said = msgspec.json.encode(_read(look, descriptors[0], name.decode("utf-8", "backslashreplace")))
        os.close(descriptors[0])
        channel.sendall(_LENGTH.pack(len(said)) + said)


def _read(look: Look, descriptor: int, name: str) -> ModelFile:
    try:
        with mapped(descriptor, name) as octets:
            return look(octets, Budget())
    except MemoryError:
        return _unknown("too-large", "it takes more memory to read than a file is worth; scan its parts")
    except OSError:
        return _unknown("unreadable", "it cannot be read to its end; copy it anew and scan that")
