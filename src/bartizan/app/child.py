"""A child process: started over a channel of its own, with nothing else inherited.

Rules of this file: exec, not fork; an empty environment, the root as working folder, no standard input. What
a child prints goes through a pipe into the platform's log, bounded, so that it can fill neither disk nor pipe.
"""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bartizan.app.channel import Channel, pair

MODULES = {
    "worker": "bartizan.app.worker",
    "dialer": "bartizan.app.dialer",
    "control": "bartizan.http.serve",
    "sealer": "bartizan.app.sealer",
    "sample": "bartizan.sample.serve",
}
"""Kind of process -> the module that is its main."""
_LOG_LIMIT = 4 << 20


class Child:
    """One running child, as its supervisor sees it.

    Attributes:
        kind, number: what it is, and which start of the platform's it was.
        channel: the supervisor's end.
        ready: done when it reported that it is set up, failed when it ended before.
        exited: done with its wait status when it is gone.
        state: a word for `status`: starting, ready, serving, draining, gone.
        facts: what it reported of itself, numbers by name.
        serves, informed: of a worker: whether it accepts, whether it gets generations.
        generation: of a worker: what it decides on; 0 before its first state.
    """

    def __init__(self, kind: str, number: int, launch: Sequence[str], reads: Any, log: "Log") -> None:  # noqa: ANN401  # a type form
        """Start it."""
        loop = asyncio.get_running_loop()
        ours, theirs = pair()
        errors, writes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(writes, True)
        try:
            self.process = subprocess.Popen(  # noqa: S603  # our own modules by our own interpreter
                [*launch, MODULES[kind], str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=writes,
                stderr=writes,
                cwd="/",
                env={},
                start_new_session=True,  # the terminal's Ctrl-C is the supervisor's business alone
            )
        finally:
            theirs.close()
            os.close(writes)
        self.kind, self.number, self.state = kind, number, "starting"
        self.facts: dict[str, int] = {}
        self.generation = 0
        self.serves = self.informed = False
        self.channel = Channel(ours, reads, descriptors=kind != "worker")
        self.ready: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[int] = loop.create_future()
        self._pidfd = os.pidfd_open(self.process.pid)
        loop.add_reader(self._pidfd, self._reap)
        log.follow(errors, f"{kind} {number}")

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        loop.remove_reader(self.channel.fileno())
        self.channel.close()
        self.state = "gone"
        status = self.process.wait()
        if not self.ready.done():
            self.ready.set_exception(ChildEnded(self.kind, status))
            self.ready.exception()  # waited for or not, it is recorded here
        self.exited.set_result(status)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, if it still runs."""
        if not self.exited.done():
            self.process.send_signal(number)


class ChildEnded(RuntimeError):
    """A child ended before it was ready; its last words are in the platform's log."""

    def __init__(self, kind: str, status: int, words: str = "") -> None:
        """Name the child, its exit status (negative is a signal), and the last that it said."""
        super().__init__(words or f"the {kind} process ended at its start with {describe(status)}")
        self.kind, self.status = kind, status


def describe(status: int) -> str:
    """Return an exit status in words."""
    return f"status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"


class Log:
    """The platform's log: what children print, each line with its process; two files of bounded size."""

    def __init__(self, path: Path) -> None:
        """Open it for appending, readable by the owner alone."""
        self._path = path
        self._last: dict[str, str] = {}
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def follow(self, pipe: int, name: str) -> None:
        """Copy what comes out of a pipe until it ends, and close it."""
        loop = asyncio.get_running_loop()

        def copy() -> None:
            try:
                text = os.read(pipe, 65536)
            except BlockingIOError:
                return
            if text:
                self.write(name, text.decode("utf-8", "replace"))
            else:
                loop.remove_reader(pipe)
                os.close(pipe)

        loop.add_reader(pipe, copy)

    def last(self, name: str) -> str:
        """Return the last line that was written under a name, and forget it."""
        return self._last.pop(name, "")

    def write(self, name: str, text: str) -> None:
        """Append lines under a name; a full disk loses them and nothing else."""
        lines = "".join(f"{name}: {line}\n" for line in text.splitlines())
        self._last[name] = text.splitlines()[-1] if text.strip() else ""
        try:
            if os.fstat(self._fd).st_size > _LOG_LIMIT:
                self._path.replace(self._path.with_suffix(".old"))
                os.close(self._fd)
                self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.write(self._fd, lines.encode())
        except OSError:
            return  # the log is for people; the record is the ledger


def listen(host: str, port: int) -> socket.socket:
    """Return the gateway's listening socket.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def listen_unix(path: Path) -> socket.socket:
    """Return a listening unix socket that only the owner can reach; a dead one of the same name is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    parent = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    mask = os.umask(0o177)
    try:
        listener.bind(f"/proc/self/fd/{parent}/{path.name}")  # a socket's address holds 107 octets only
    finally:
        os.umask(mask)
        os.close(parent)
    listener.listen(128)
    listener.setblocking(False)
    return listener
