"""The guard's judge, as one worker sees it: asked over a stream of its own, which the supervisor lays.

Rules of this file: every question is answered once, by the judge's process, or by nobody being there in time.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from typing_extensions import override

from bartizan.app.guard_judge import messages as gm
from bartizan.app.guard_judge.doubt import Doubt, settled
from bartizan.app.guard_judge.messages import Word
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.app.inspector_wire import FrameRefused, Frames, framed
from bartizan.gateway.inspected import Said

_SLACK_SECONDS: Final = 1.0
"""How long an answer is waited for beyond the time that the judge has."""


class _Asked:
    """One question."""

    def __init__(self, line: "_Line | None", then: Callable[[Word], None], seconds: float) -> None:
        self.line, self._then = line, then
        self._timer = asyncio.get_running_loop().call_later(seconds, self.end, Word.TIMED_OUT)

    def end(self, word: Word) -> None:
        """Say what came of it, once."""
        self._timer.cancel()
        then, self._then = self._then, _nobody
        then(word)


def _nobody(_: Word) -> None:
    """Nobody waits any more."""


class GuardJudgeLine:
    """Asks.

    Args:
        timeout_ms: that the judge has for an answer.
        blocks: whether a request goes no further where there is none.
    """

    def __init__(self, timeout_ms: int, *, blocks: bool) -> None:
        """Have no line yet."""
        self._seconds, self._blocks = timeout_ms / 1000 + _SLACK_SECONDS, blocks
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

    def settle(self, source: str, said: Said, doubt: Doubt, then: Callable[[Said], None]) -> None:
        """Ask about a request in doubt, and say what the guard says of it then.

        Args:
            source: pseudonym of who asks for it.
            said: what the guard says without.
            doubt: what is asked.
            then: takes what it says.
        """
        number = self._numbers = self._numbers + 1
        line = self._line if self._line is not None and self._line.open else None

        def end(word: Word) -> None:
            self._asked.pop(number, None)
            then(settled(said, doubt, word, blocks=self._blocks))

        asked = self._asked[number] = _Asked(line, end, self._seconds)
        if line is None:
            asyncio.get_running_loop().call_soon(asked.end, Word.AWAY)
        else:
            line.ask(gm.Asked(number, source, doubt.texts))

    def take(self, thought: gm.Thought) -> None:
        """Give what was said to who waits for it."""
        asked = self._asked.get(thought.number)
        if asked is not None:
            asked.end(thought.word)

    def gone(self, line: "_Line") -> None:
        """Tell those who asked over a line that is gone."""
        for asked in [each for each in self._asked.values() if each.line is line]:
            asked.end(Word.AWAY)


def judge_of(judge: GuardJudge | None) -> GuardJudgeLine:
    """Return what asks a configured judge; where there is none, nothing is ever in doubt."""
    return GuardJudgeLine(judge.timeout_ms if judge else 0, blocks=judge is None or judge.blocks)


class _Line(asyncio.Protocol):
    """One stream to the judge's process."""

    def __init__(self, owner: GuardJudgeLine) -> None:
        self._owner, self._frames = owner, Frames[gm.Thought](gm.Thought)
        self._transport: asyncio.WriteTransport
        self.open = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for thought in self._frames.take(data):
                self._owner.take(thought)
        except FrameRefused:
            self._transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._owner.gone(self)

    def ask(self, asked: gm.Asked) -> None:
        """Send a question."""
        self._transport.write(framed(asked))

    def close(self) -> None:
        """Use it no more."""
        self._transport.abort()
