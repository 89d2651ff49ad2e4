"""What workers ask about held requests, on its way to control and back.

Rules of this file: each question is answered once, by control or by nobody being there. A worker may be an adversary's, so
only so many of its questions are open at once.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.app.channel import ChannelClosed
from bartizan.app.child import Child
from bartizan.app.hold_messages import HoldAnswered, HoldAsked

if TYPE_CHECKING:
    from bartizan.app.supervisor import Supervisor

MOST: Final = 64
"""Questions of one worker that are open at once."""


class HoldDesk:
    """The open questions."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self._open: dict[int, tuple[Child, int]] = {}
        self._next = 0

    def asked(self, worker: Child, message: HoldAsked, _: list[int]) -> None:
        """Pass a question on."""
        self._next += 1
        own = sum(1 for owner, _ in self._open.values() if owner is worker)
        if own < MOST and self._ask(msgspec.structs.replace(message, ticket=self._next)):
            self._open[self._next] = worker, message.ticket
        else:
            self._s.tell(worker, HoldAnswered(ticket=message.ticket, word="unavailable"))

    def answered(self, _: Child, message: HoldAnswered, __: list[int]) -> None:
        """Pass an answer on to who asked."""
        worker, ticket = self._open.pop(message.ticket, (None, 0))
        if worker is not None and worker.state != "gone":
            self._s.tell(worker, msgspec.structs.replace(message, ticket=ticket))

    def control_ready(self) -> None:
        """Answer what the one before did not: nobody knows whether it took it."""
        for number in tuple(self._open):
            self.answered(self._open[number][0], HoldAnswered(ticket=number, word="unavailable"), [])

    def worker_gone(self, worker: Child) -> None:
        """Answer a worker no more that is gone."""
        self._open = {number: each for number, each in self._open.items() if each[0] is not worker}

    def _ask(self, message: HoldAsked) -> bool:
        for control in self._s.of("control", "ready"):
            try:
                control.channel.send(message)
            except ChannelClosed:
                return False
            return True
        return False
