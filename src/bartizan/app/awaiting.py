"""Tokens that a worker cannot decide on yet, on their way to the control process.

Rules of this file: bounded, and nothing waits twice. What is not verified is passed on once a minute for each issuer, so
that no stranger has an issuer asked for its keys more often.
"""

from typing import Final

from bartizan.clock import MINUTE, Clock, Nanoseconds

MOST: Final = 64
"""Tokens that wait; those beyond are shown again by who shows them."""


class Awaiting:
    """What one worker has to tell."""

    __slots__ = ("_asked", "_clock", "_tokens")

    def __init__(self, clock: Clock) -> None:
        """Wait for nothing."""
        self._clock = clock
        self._tokens: dict[str, None] = {}
        self._asked: dict[str, Nanoseconds] = {}

    def note(self, token: str, issuer: str) -> None:
        """Have a token passed on.

        Args:
            token: compact JWS.
            issuer: pinned, whose key the token names is not known; empty where the token is verified.
        """
        if len(self._tokens) >= MOST:
            return
        if issuer:
            now, asked = self._clock.now(), self._asked.get(issuer)
            if asked is not None and now - asked < MINUTE:
                return
            self._asked[issuer] = now  # only pinned issuers get here, so there are few
        self._tokens[token] = None

    def first(self) -> str:
        """Return the token that waits longest, or nothing."""
        return next(iter(self._tokens), "")

    def passed(self, token: str) -> None:
        """Forget a token that was passed on."""
        self._tokens.pop(token, None)
