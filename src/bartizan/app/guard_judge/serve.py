"""The guard's judge: asks somebody else about texts in doubt, for the workers, in a process of its own.

Rules of this file: it holds one key, its judge's, and no other, and reaches one place, which egress decides on. What it is
told to ask and what comes back may be an adversary's: it is confined before it reads either, and each question ends in a
word of a closed set, in time. One thread reads and answers; a bounded number wait for the judge.
"""

import contextlib
import os
import queue
import secrets
import select
import socket
import sys
import threading
from typing import Final

import msgspec

from bartizan.app import messages as m
from bartizan.app.boards import opened
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.guard_judge import messages as gm
from bartizan.app.guard_judge.asking import Asking
from bartizan.app.guard_judge.counts import COUNTED, Counts
from bartizan.app.guard_judge.messages import Word
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.app.inspector_messages import Line
from bartizan.app.outcry import describe
from bartizan.app.worker_stream import WorkerStream
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls import CertificateUnusable
from bartizan.gateway.circuit import Circuit
from bartizan.isolation.carrier import Reach, confine, towards
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.memory import read_sealed
from bartizan.store.gauge import Rate
from bartizan.store.limits import MemoryLimiter

WAITING: Final = 256
"""Questions that wait for a thread."""
_READ: Final = 1 << 16
_UNSENT: Final = 1 << 20
_PRINCIPALS: Final = 4_096
"""Principals whose questions are counted."""
_MINUTE: Final = 60 * SECOND
_BLAMELESS: Final = frozenset({Word.UNCLEAR, Word.TOO_LARGE})
"""Words that say nothing of how the judge is: a text in doubt may have brought them about."""


_Line = WorkerStream[gm.Asked]


class _Job(msgspec.Struct, frozen=True):
    line: _Line
    asked: gm.Asked
    until: Nanoseconds


class _Done(msgspec.Struct, frozen=True):
    line: _Line
    number: int
    word: Word
    input: int = 0
    output: int = 0


class Serving:
    """What the process does.

    Args:
        channel: to the supervisor.
        judge: who is asked.
        asking: asks, for so many seconds; called by several threads at once.
        counts: is told what came of questions.
        clock: the time.
    """

    def __init__(
        self, channel: Channel, judge: GuardJudge, asking: Asking, counts: Counts, clock: Clock
    ) -> None:
        """Begin to wait for questions."""
        self._channel, self._judge, self._asking, self._clock = channel, judge, asking, clock
        self._counts, self._circuit = counts, Circuit()
        self._limiter = MemoryLimiter(_PRINCIPALS)
        self._limit = Rate(
            Nanoseconds(_MINUTE // judge.requests_per_minute), max(1, judge.requests_per_minute // 4)
        )
        self._jobs: queue.Queue[_Job] = queue.Queue(WAITING)
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._wakes, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._lines: dict[int, _Line] = {}
        self._poll = select.epoll()
        for descriptor in (channel.fileno(), self._wakes):
            self._poll.register(descriptor, select.EPOLLIN)
        for _ in range(judge.concurrent):
            threading.Thread(target=self._think, daemon=True).start()

    def run(self, stop: int) -> None:
        """Answer until a descriptor becomes readable."""
        self._poll.register(stop, select.EPOLLIN)
        while True:
            for ready, _ in self._poll.poll():
                if ready == stop:
                    return
                if ready == self._channel.fileno():
                    self._order()
                elif ready == self._wakes:
                    self._tell()
                else:
                    self._serve(ready)

    def _order(self) -> None:
        message, fds = self._channel.receive()
        if isinstance(message, Line):
            line = _Line(socket.socket(fileno=fds[0]), gm.Asked, _UNSENT)
            self._lines[line.end.fileno()] = line
            self._poll.register(line.end.fileno(), select.EPOLLIN)
        else:
            self._channel.send(m.Alive())

    def _serve(self, descriptor: int) -> None:
        line = self._lines.get(descriptor)
        if line is None:  # it was closed a moment ago
            return
        line.send()
        for asked in line.read():
            self._take(line, asked)
        self._look(line)

    def _take(self, line: _Line, asked: gm.Asked) -> None:
        """Have a question asked, or say at once why it is not."""
        now = self._clock.now()
        why = self._why_not(asked, now)
        if why:
            self._end(_Done(line, asked.number, why))
            return
        until = Nanoseconds(now + self._judge.timeout_ms * (SECOND // 1000))
        try:
            self._jobs.put_nowait(_Job(line, asked, until))
        except queue.Full:
            self._end(_Done(line, asked.number, Word.BUSY))

    def _why_not(self, asked: gm.Asked, now: Nanoseconds) -> Word | None:
        if not self._circuit.closed and not self._circuit.admits(now):
            return Word.RESTING
        if self._limiter.ask(asked.source, now, self._limit) > 0:
            return Word.OVER_BUDGET
        self._circuit.begin(now)
        return None

    def _think(self) -> None:
        """Ask the judge, one question after another; whatever happens, each is answered."""
        while True:
            job = self._jobs.get()
            try:
                seconds = (job.until - self._clock.now()) / SECOND
                thought = self._asking(job.asked.texts, seconds)
            except Exception as fault:  # noqa: BLE001 - there is no answer, and a next question
                thought = Word.FAILED, 0, 0
                _say(f"asking the judge failed: {describe(fault)}\n")
            self._done.put(_Done(job.line, job.asked.number, *thought))
            with contextlib.suppress(BlockingIOError):  # it is woken already
                os.write(self._wake, b"\0")

    def _tell(self) -> None:
        """Say what came of questions."""
        os.read(self._wakes, _READ)
        while not self._done.empty():
            done = self._done.get()
            self._note(done.word)
            self._end(done)

    def _note(self, word: Word) -> None:
        if word in (Word.ATTACK, Word.HARMLESS) or word in _BLAMELESS:
            self._circuit.succeed()
        elif self._circuit.fail(self._clock.now()):
            _say(f"the judge of texts in doubt does not answer: {word.value}\n")

    def _end(self, done: _Done) -> None:
        self._counts.note(done.word.value, done.input, done.output)
        if done.line.open:
            done.line.tell(gm.Thought(done.number, done.word))
            self._look(done.line)

    def _look(self, line: _Line) -> None:
        """Wait for what a line is waited for next, or close it."""
        descriptor = line.end.fileno()
        if line.open:
            self._poll.modify(descriptor, select.EPOLLIN | (select.EPOLLOUT if line.waits else 0))
        elif descriptor in self._lines:
            self._poll.unregister(descriptor)
            del self._lines[descriptor]
            line.end.close()


def _say(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()


def reach(judge: GuardJudge) -> Reach:
    """Return what the process goes on needing: a way to the judge."""
    return towards(Reach("guard-judge"), [(judge.host, judge.port)])


def main(argv: list[str]) -> int:
    """Ask until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], gm.GuardJudgeOrders)
    try:
        boot, (board, what) = channel.receive()
        judge = msgspec.json.decode(read_sealed(what), type=GuardJudge)
        held = confine(reach(judge)) if boot.confined else Confinement()
        asking, counts = Asking(judge, secrets.token_hex), Counts(opened(board, COUNTED))
        channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
        Serving(channel, judge, asking, counts, SystemClock()).run(stop)
    except (CertificateUnusable, IsolationUnavailable) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:  # the supervisor is gone
        os._exit(0)
    os._exit(0)  # whatever threads still wait for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
