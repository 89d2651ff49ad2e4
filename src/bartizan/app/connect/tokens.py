"""The token that requests go out under: one at a time, fetched once for all who wait, dropped when it is not taken.

Rules of this file: a token stands in no error. `presented` is the one place that says how a request shows it, with a
proof of possession (DPoP) made for its method and target where it is bound to a key.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from bartizan.app.bearing import Bearing, Token
from bartizan.app.connect.thread import aside
from bartizan.clock import SECOND, Clock, Nanoseconds

PAUSE: Final = Nanoseconds(SECOND)
"""How long after a failure nobody asks again: clients that repeat themselves shall not hammer the server."""


class Tokens:
    """The current token of one identity.

    Args:
        fetch: returns a new token; blocks.
        clock: tells when one has to be renewed.
    """

    __slots__ = ("_clock", "_failed", "_fetch", "_fetching", "_token")

    def __init__(self, fetch: Callable[[Clock], Token], clock: Clock) -> None:
        """Fetch nothing yet."""
        self._fetch, self._clock = fetch, clock
        self._token: Token | None = None
        self._fetching: asyncio.Task[Token] | None = None
        self._failed: tuple[Nanoseconds, Exception] | None = None

    async def current(self) -> Token:
        """Return a token that is valid now.

        Raises:
            TokenUnavailable: none can be had; the same answer serves everybody for a second.
        """
        if self._token is not None and self._clock.now() < self._token.until:
            return self._token
        if self._failed is not None and self._clock.now() < self._failed[0]:
            raise self._failed[1].with_traceback(None)
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    def drop(self, token: Token) -> None:
        """Use this token no more: the gateway did not take it. One that came after it stays."""
        if self._token is token:
            self._token = None

    async def _renew(self) -> Token:
        return await aside(lambda: self._fetch(self._clock))

    def _fetched(self, done: "asyncio.Task[Token]") -> None:
        self._fetching = None
        if done.cancelled():
            return
        fault = done.exception()
        if isinstance(fault, Exception):
            self._failed = Nanoseconds(self._clock.now() + PAUSE), fault
        elif fault is None:
            self._token, self._failed = done.result(), None


def presented(token: Token, bearing: Bearing, method: bytes, url: bytes) -> bytes:
    """Return the lines of a request that show this token, each with its CR LF.

    Args:
        token: to show.
        bearing: whose key it is bound to, if it is.
        method, url: of the request.
    """
    if not token.bound:
        return b"authorization: Bearer %b\r\n" % token.value.encode("ascii")
    proof = bearing.proof(method.decode("ascii"), url.decode("ascii"), token.value)
    return b"authorization: DPoP %b\r\ndpop: %b\r\n" % (token.value.encode("ascii"), proof.encode("ascii"))
