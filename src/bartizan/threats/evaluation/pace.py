"""How fast an endpoint is asked: at most so many requests a second, evenly, whoever asks."""

import threading
from typing import Final

from bartizan.clock import SECOND, Clock

FASTEST: Final = 1_000
"""Requests a second, at most."""


class PaceEnded(Exception):
    """The run ends; nobody gets a turn any more."""


class Pace:
    """Turns for requests, shared by threads.

    Args:
        a_second: requests; 0 is as fast as they come.
        clock: tells the time.
    """

    def __init__(self, a_second: float, clock: Clock) -> None:
        """Give the first turn at once."""
        self._gap = int(SECOND / a_second) if a_second else 0
        self._clock, self._next = clock, 0
        self._lock, self._ended = threading.Lock(), threading.Event()

    def turn(self) -> None:
        """Return when it is the caller's turn.

        Raises:
            PaceEnded: it comes no more.
        """
        with self._lock:
            now = self._clock.now()
            mine = max(now, self._next)
            self._next = mine + self._gap
        if self._ended.wait(max(0, mine - now) / SECOND):
            raise PaceEnded

    def hold(self, seconds: float) -> None:
        """Give nobody a turn for so long, as an endpoint asks for that says it is overrun."""
        with self._lock:
            self._next = max(self._next, self._clock.now() + int(seconds * SECOND))

    def end(self) -> None:
        """Give nobody a turn any more."""
        self._ended.set()
