"""A child process: started over a channel of its own, with nothing else inherited.

Rules of this file: exec, not fork; an empty environment, the root as working folder, no standard input. What
a child prints goes through a pipe into the platform's log, bounded, so that it can fill neither disk nor pipe.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from bartizan.app.channel import Channel, pair
from bartizan.app.log import Log

MODULES = {
    "worker": "bartizan.app.worker",
    "dialer": "bartizan.app.dialer",
    "control": "bartizan.http.serve",
    "sealer": "bartizan.app.sealer",
    "sample": "bartizan.sample.serve",
    "exporter": "bartizan.app.exporter",
    "archiver": "bartizan.app.archiver",
    "feeder": "bartizan.app.feeder",
    "shipper": "bartizan.app.shipper",
    "workloads": "bartizan.app.workloads",
    "inspector": "bartizan.app.inspector",
    "guard-judge": "bartizan.app.guard_judge.serve",
}
"""Kind of process -> the module that is its main."""
_LAST_SECONDS = 1.0
"""How long a child may live on without its channel: as long as an interpreter takes to end."""


class Child:
    """One running child, as its supervisor sees it.

    Attributes:
        kind, number: what it is, and which start of the platform's it was.
        channel: the supervisor's end.
        ready: done when it reported that it is set up, failed when it ended before.
        exited: done with its wait status when it is gone.
        state: a word for `status`: starting, ready, serving, draining, ending, gone.
        facts: what it reported of itself, numbers by name.
        unanswered: how often it was asked whether it lives since it last said so.
        serves, informed: of a worker: whether it accepts, whether it gets generations.
        condemned: whether it was killed: nothing that it says counts any more.
        generation: of a worker: what it decides on; 0 before its first state.
    """

    def __init__(
        self,
        kind: str,
        number: int,
        launch: Sequence[str],
        reads: Any,  # noqa: ANN401  # a type form
        hear: Callable[["Child"], bool],
        log: Log,
    ) -> None:
        """Start it.

        Args:
            kind, number: as the attributes.
            launch: how a child is started.
            reads: what it may say: a union of message types.
            hear: takes what it has said, some at a time; returns whether there may be more.
            log: where it prints to.
        Raises:
            OSError: no process, or no descriptor, to be had.
        """
        self.kind, self.number, self.state = kind, number, "starting"
        self.facts: dict[str, int] = {}
        self.generation = self.unanswered = 0
        self.serves = self.informed = self.condemned = False
        with contextlib.ExitStack() as undo:
            ours, errors = self._start(launch, undo)
            self._pidfd = os.pidfd_open(self.process.pid)
            undo.pop_all()
        self.channel, self._hear = Channel(ours, reads, descriptors=kind != "worker"), hear
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self.channel.fileno(), hear, self)
        loop.add_reader(self._pidfd, self._reap)
        self._last_words = log.follow(errors, f"{kind} {number}")

    def _start(self, launch: Sequence[str], undo: contextlib.ExitStack) -> tuple[socket.socket, int]:
        """Start the process; return our end of its channel and the end of its pipe, which `undo` closes."""
        ours, theirs = pair()
        undo.callback(ours.close)
        with theirs:
            errors, writes = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            undo.callback(os.close, errors)
            try:
                os.set_blocking(writes, True)
                self.process = subprocess.Popen(  # noqa: S603  # our own modules by our own interpreter
                    [*launch, MODULES[self.kind], str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=writes,
                    stderr=writes,
                    cwd="/",
                    env={},
                    start_new_session=True,  # the terminal's Ctrl-C is the supervisor's business alone
                )
            finally:
                os.close(writes)
        undo.callback(self.process.kill)
        return ours, errors

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        while self._hear(self):  # what it said last
            pass
        loop.remove_reader(self.channel.fileno())
        self.channel.close()
        self._last_words()
        self.state = "gone"
        status = self.process.wait()
        if not self.ready.done():
            self.ready.set_exception(ChildEnded(self.kind, status))
            self.ready.exception()  # waited for or not, it is recorded here
        self.exited.set_result(status)

    def hung_up(self) -> None:
        """Take it that nothing more will be said: a child without its channel is to end, and soon."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.channel.fileno())  # the end of a channel stays readable for ever
        loop.call_later(_LAST_SECONDS, self.kill)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal, if it still runs."""
        if not self.exited.done():
            self.condemned = self.condemned or number == signal.SIGKILL
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
