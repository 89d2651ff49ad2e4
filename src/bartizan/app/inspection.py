"""The inspector, as one worker sees it: asked over a stream of its own, which the supervisor lays.

Rules of this file: every question is answered once, by the inspector, or by nobody being there in time.
"""

import asyncio
import socket
from typing import Final

from typing_extensions import override

from bartizan.app.inspector_wire import FrameRefused, Frames, Told, Wanted, framed
from bartizan.gateway.inspected import BLOCK, UNAVAILABLE, Inspection, Said

PATIENCE_SECONDS: Final = 20.0
"""How long an answer is waited for."""
_AWAY: Final = Said(BLOCK, UNAVAILABLE)


class InspectorLine:
    """Asks."""

    def __init__(self) -> None:
        """Have no line yet."""
        self._line: _Line | None = None
        self._laid: socket.socket | None = None
        self._begun = False
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: dict[int, tuple[Inspection, asyncio.TimerHandle]] = {}
        self._asked = 0

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

    def inspect(self, service: str, source: str, octets: bytes) -> Inspection:
        """Return what will be what the guard of a service says of a request.

        Args:
            service: as configured.
            source: pseudonym of who asks.
            octets: of the request.
        """
        loop = asyncio.get_running_loop()
        answer: Inspection = loop.create_future()
        if self._line is None or not self._line.open:
            answer.set_result(_AWAY)
            return answer
        self._asked += 1
        timer = loop.call_later(PATIENCE_SECONDS, self.told, Told(self._asked, _AWAY))
        self._waiting[self._asked] = answer, timer
        self._line.ask(Wanted(self._asked, service, source, octets))
        return answer

    def told(self, message: Told) -> None:
        """Give an answer to who waits for it."""
        waits = self._waiting.pop(message.number, None)
        if waits is None:
            return
        answer, timer = waits
        timer.cancel()
        if not answer.done():
            answer.set_result(message.said)

    def gone(self, line: "_Line") -> None:
        """Tell those who asked over a line that is gone."""
        for number in line.asked & self._waiting.keys():
            self.told(Told(number, _AWAY))


class _Line(asyncio.Protocol):
    """One stream to an inspector."""

    def __init__(self, owner: InspectorLine) -> None:
        self._owner, self._frames = owner, Frames(Told)
        self._transport: asyncio.WriteTransport
        self.asked: set[int] = set()
        self.open = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for message in self._frames.take(data):
                if isinstance(message, Told):
                    self.asked.discard(message.number)
                    self._owner.told(message)
        except FrameRefused:
            self._transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._owner.gone(self)

    def ask(self, message: Wanted) -> None:
        """Send a question."""
        self.asked.add(message.number)
        self._transport.write(framed(message))

    def close(self) -> None:
        """Use it no more."""
        self._transport.abort()
