"""Held requests, as one worker asks about them.

Rules of this file: every question is answered once, by control or by nobody being there in time. What was released and is
answered too late is used up: it has to be released again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.gateway.held import AWAY, DENIED, FULL, HELD
from bartizan.gateway.inspected import ALLOW, HOLD, Said

PATIENCE_SECONDS: Final = 10.0
"""How long an answer is waited for."""
MOST: Final = 64
"""Questions that are open at once."""
_AWAY: Final = Said(HOLD, AWAY)


class Holding:
    """Asks.

    Args:
        channel: to the supervisor.
    """

    def __init__(self, channel: Channel) -> None:
        """Have asked nothing."""
        self._channel, self._tickets = channel, 0
        self._open: dict[int, tuple[asyncio.Future[Said], asyncio.TimerHandle]] = {}

    def ask(
        self, service: str, request: str, principal: str, digest: str, reason: str
    ) -> "asyncio.Future[Said]":
        """Return what will be said of a request: `ALLOW` where it was released, which uses that up; else `HOLD`, and why.

        Args:
            service: that it is for.
            request: its id.
            principal: pseudonym of who asks.
            digest: tag of exactly this request, hexadecimal.
            reason: for which it is held.
        """
        loop = asyncio.get_running_loop()
        said: asyncio.Future[Said] = loop.create_future()
        self._tickets += 1
        ticket = self._tickets
        asked = HoldAsked(
            ticket=ticket,
            service=service,
            request=request,
            principal=principal,
            digest=digest,
            reason=reason,
        )
        try:
            if len(self._open) >= MOST:
                raise ChannelClosed
            self._channel.send(asked)
        except ChannelClosed:
            said.set_result(_AWAY)
            return said
        late: Callable[[], None] = lambda: self._tell(ticket, _AWAY)  # noqa: E731 - of one line
        self._open[ticket] = said, loop.call_later(PATIENCE_SECONDS, late)
        return said

    def answered(self, message: HoldAnswered, _: list[int]) -> None:
        """Take an answer."""
        self._tell(message.ticket, _said(message))

    def _tell(self, ticket: int, said: Said) -> None:
        waiting, timer = self._open.pop(ticket, (None, None))
        if timer is not None:
            timer.cancel()
        if waiting is not None and not waiting.done():
            waiting.set_result(said)


def _said(message: HoldAnswered) -> Said:
    match message.word:
        case "released":
            return Said(ALLOW)
        case "waiting":
            return Said(HOLD, HELD, what=_WHAT.format(held=message.held))
        case "denied":
            return Said(HOLD, DENIED)
        case "full":
            return Said(HOLD, FULL)
        case "unavailable":
            return _AWAY


_WHAT: Final = (
    "The request is held as {held} until somebody who may releases it (bartizan guard release {held}); "
    "then send exactly the same once more, within a day."
)
