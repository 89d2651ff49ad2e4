"""The inspector, as one worker sees it: asked over a stream of its own, which the supervisor lays.

Rules of this file: every question is answered once, by the inspector, or by nobody being there in time.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from typing_extensions import override

from bartizan.app.guard_judge.line import GuardJudgeLine, judge_of
from bartizan.app.inspector_wire import (
    Answered,
    Ended,
    FrameRefused,
    Frames,
    Going,
    ToInspector,
    ToWorker,
    Wanted,
    framed,
)
from bartizan.gateway.inspected import BLOCK, UNAVAILABLE, Passed, Question, Said

PATIENCE_SECONDS: Final = 20.0
"""How long an answer is waited for."""
_AWAY: Final = Said(BLOCK, UNAVAILABLE)
_NOBODY: Final = Passed(last=True, said=_AWAY)


class _Asked:
    """One question."""

    def __init__(self, owner: "InspectorLine", number: int, source: str, line: "_Line | None") -> None:
        self._owner, self.number, self.source, self.line = owner, number, source, line
        self.said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self.on_passed: Callable[[Passed], None] = lambda _: None
        self._timer: asyncio.TimerHandle | None = None
        self._due, self._ends = 0, False
        self._wait()

    def answer(self, octets: bytes, kind: str, *, last: bool) -> None:
        """Take more of the answer."""
        self._due += 1
        if self.line is None or not self.line.open:
            asyncio.get_running_loop().call_soon(self.going, _NOBODY)
            return
        if self._timer is None:
            self._wait()
        self.line.ask(Answered(self.number, octets, kind, last))

    def end(self) -> None:
        """Take no more; what is not said yet of the request itself still is."""
        self._ends = True
        if not self.said.done():
            return
        self._rest()
        if self._owner.forget(self) and self.line is not None and self.line.open:
            self.line.ask(Ended(self.number))

    def told(self, said: Said) -> None:
        """Say what was said of the request; what was said first holds."""
        if self.said.done():
            return
        self._rest()
        self.said.set_result(said)
        if self._ends:
            self.end()

    def doubted(self) -> None:
        """Take it that somebody else is asked, who answers in time."""
        self._rest()

    def going(self, passed: Passed) -> None:
        """Say what of the answer may go on."""
        self._rest()
        if not self._due:
            return
        self._due -= 1
        if self._due:
            self._wait()
        self.on_passed(passed)

    def away(self) -> None:
        """Say that nobody is there."""
        self._rest()
        if not self.said.done():
            self.told(_AWAY)
        elif self._due:
            self.going(_NOBODY)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self.away)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class InspectorLine:
    """Asks.

    Attributes:
        judge: who is asked about what is in doubt.
    """

    def __init__(self, judge: GuardJudgeLine | None = None) -> None:
        """Have no line yet; without a judge nothing is in doubt."""
        self.judge = judge or judge_of(None)
        self._line: _Line | None = None
        self._laid: socket.socket | None = None
        self._begun = False
        self._connecting: asyncio.Task[None] | None = None
        self._asked: dict[int, _Asked] = {}
        self._numbers = 0

    def lay(self, end: socket.socket) -> None:
        """Ask over this stream from now on; what the one before was asked, nobody answers any more."""
        end.setblocking(False)
        if self._laid is not None:
            self._laid.close()
        self._laid = end
        if self._begun:
            self.begin()

    def begin(self) -> None:
        """Use what was laid, from here on at once: the loop runs."""
        self.judge.begin()
        self._begun = True
        end, self._laid = self._laid, None
        if end is not None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(end))

    async def _connect(self, end: socket.socket) -> None:
        line = _Line(self)
        await asyncio.get_running_loop().create_connection(lambda: line, sock=end)
        before, self._line = self._line, line
        if before is not None:
            before.close()

    def inspect(self, service: str, source: str, octets: bytes, planted: tuple[str, ...] = ()) -> Question:
        """Ask what the guard of a service says of a request, and then of its answer.

        Args:
            service: as configured.
            source: pseudonym of who asks.
            octets: of the request.
            planted: marks in its system prompt that its answer must not tell.
        """
        self._numbers += 1
        line = self._line if self._line is not None and self._line.open else None
        asked = self._asked[self._numbers] = _Asked(self, self._numbers, source, line)
        if line is None:
            asked.away()
        else:
            line.ask(Wanted(asked.number, service, source, octets, planted))
        return asked

    def forget(self, asked: _Asked) -> bool:
        """Ask no more about a question; return whether there was anything more to ask."""
        return self._asked.pop(asked.number, None) is not None

    def take(self, message: ToWorker) -> None:
        """Give what was said to who waits for it."""
        asked = self._asked.get(message.number)
        if asked is None:
            return
        if isinstance(message, Going):
            asked.going(message.passed)
        elif message.doubt is None or asked.said.done():
            asked.told(message.said)
        else:
            asked.doubted()
            self.judge.settle(asked.source, message.said, message.doubt, asked.told)

    def gone(self, line: "_Line") -> None:
        """Tell those who asked over a line that is gone."""
        for asked in [each for each in self._asked.values() if each.line is line]:
            asked.away()


class _Line(asyncio.Protocol):
    """One stream to an inspector."""

    def __init__(self, owner: InspectorLine) -> None:
        self._owner, self._frames = owner, Frames[ToWorker](ToWorker)
        self._transport: asyncio.WriteTransport
        self.open = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for message in self._frames.take(data):
                self._owner.take(message)
        except FrameRefused:
            self._transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._owner.gone(self)

    def ask(self, message: ToInspector) -> None:
        """Send a question."""
        self._transport.write(framed(message))

    def close(self) -> None:
        """Use it no more."""
        self._transport.abort()
