"""Whether a service's target is fit to be asked: closed, open after failures in a row, or on trial.

Rules of this file: pure; time comes in. An open circuit lets nothing through until its time is up, and then one
request at a time on trial: if that is answered the circuit closes, if not it opens for twice as long.
Source: M. Nygard, Release It!, "Circuit Breaker".
"""

from typing import Final

from bartizan.clock import SECOND, Nanoseconds

FAILURES: Final = 5
"""Failures in a row that open a circuit."""
SHORTEST: Final = Nanoseconds(SECOND)
LONGEST: Final = Nanoseconds(60 * SECOND)
"""How long an open circuit stays open: doubled with each trial that fails."""
TRIAL: Final = Nanoseconds(30 * SECOND)
"""How long a trial may take before the next one begins."""


CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"
"""Its states: everything is let through, nothing is, one request is."""


class Circuit:
    """The state of one target.

    Attributes:
        failures: in a row.
        until: instant until which nothing is let through; 0 while it is closed.
    """

    __slots__ = ("_span", "failures", "until")

    def __init__(self) -> None:
        """Be closed."""
        self.failures, self.until, self._span = 0, Nanoseconds(0), SHORTEST

    @property
    def closed(self) -> bool:
        """Whether everything is let through."""
        return not self.until

    def admits(self, now: Nanoseconds) -> bool:
        """Return whether a request may go through now; changes nothing."""
        return now >= self.until

    def state(self, now: Nanoseconds, *, trial: bool) -> str:
        """Return its state; `trial` is whether a request is under way that decides it."""
        if self.closed:
            return CLOSED
        return HALF_OPEN if trial or self.admits(now) else OPEN

    def begin(self, now: Nanoseconds) -> None:
        """Take note that a request goes through: where it is a trial, no other does until it ended or took too long."""
        if self.until:
            self.until = Nanoseconds(now + TRIAL)

    def succeed(self) -> bool:
        """Take note of an answer; return whether that closed the circuit."""
        was, self.failures, self.until, self._span = self.until, 0, Nanoseconds(0), SHORTEST
        return bool(was)

    def fail(self, now: Nanoseconds) -> bool:
        """Take note of a failure; return whether that opened the circuit."""
        self.failures += 1
        if self.until:
            self._span = Nanoseconds(min(2 * self._span, LONGEST))
            self.until = Nanoseconds(now + self._span)
            return False
        if self.failures < FAILURES:
            return False
        self.until = Nanoseconds(now + self._span)
        return True
