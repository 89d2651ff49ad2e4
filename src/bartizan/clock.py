"""Time, as a value that is handed in.

Rules of this file: nothing else in Bartizan asks the system for the time. Instants are UTC nanoseconds;
they advance with CLOCK_BOOTTIME from one wall-clock reading at start, so that setting the machine's clock
neither lengthens nor shortens a lifetime. A step of the wall clock is reported, not followed.
"""

import time
from typing import NewType, Protocol

from typing_extensions import override

Nanoseconds = NewType("Nanoseconds", int)
"""An instant (since the Unix epoch, UTC) or a span, in nanoseconds."""

MICROSECOND = Nanoseconds(1_000)
MILLISECOND = Nanoseconds(1_000_000)
SECOND = Nanoseconds(1_000_000_000)
MINUTE = Nanoseconds(60 * SECOND)
DAY = Nanoseconds(86_400 * SECOND)


class Clock(Protocol):
    """What tells the time: the system's clock in a process, a hand-set one in tests and examples."""

    def now(self) -> Nanoseconds:
        """Return the current instant, UTC nanoseconds since the epoch; never decreases in one process."""
        ...


def since_boot() -> int:
    """Return nanoseconds since the machine started, as the kernel dates the start of processes."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class SystemClock:
    """The machine's time, anchored once: wall clock at start plus time since boot.

    Source: clock_gettime(2), CLOCK_BOOTTIME counts suspended time and ignores settings of the wall clock.
    """

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        """Anchor to the wall clock as it stands."""
        self._offset = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def now(self) -> Nanoseconds:
        """Return the current instant, UTC nanoseconds since the epoch."""
        return Nanoseconds(time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self._offset)

    def step(self) -> Nanoseconds:
        """Return how far the wall clock has been moved since the anchor; positive is forward."""
        return Nanoseconds(time.time_ns() - self.now())


class SetClock(Clock):
    """A clock that stands until it is moved: for tests, examples and replays."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        """Start at `at`, UTC nanoseconds since the epoch."""
        self.at = at

    @override
    def now(self) -> Nanoseconds:
        """Return the instant it was last set to."""
        return Nanoseconds(self.at)


def thread_time() -> int:
    """Return nanoseconds of processor time that this thread has used."""
    return time.thread_time_ns()
