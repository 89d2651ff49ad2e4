"""Transports, a loop and ports that are nothing but memory, so that a connection can be driven step by step."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context

from typing_extensions import override

from bartizan.clock import SECOND, Clock, Nanoseconds


class Wire(asyncio.Transport):
    """A transport that keeps what is written to it.

    Attributes:
        said: what was written.
        closed: whether it was closed or aborted.
        paused: whether nothing is to be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said, self.closed, self.paused = b"", False, False

    @override
    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "written to after its end"
        self.said += bytes(data)

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def can_write_eof(self) -> bool:
        return True

    @override
    def write_eof(self) -> None:
        pass

    @override
    def pause_reading(self) -> None:
        self.paused = True

    @override
    def resume_reading(self) -> None:
        self.paused = False

    @override
    def is_closing(self) -> bool:
        return self.closed

    @override
    def close(self) -> None:
        self.closed = True

    @override
    def abort(self) -> None:
        self.closed = True


START = Nanoseconds(1_700_000_000_000_000_000)


class Still(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    @override
    def now(self) -> Nanoseconds:
        return self.at


class Steps:
    """A loop whose time stands: what is called soon is called when it is told to go on; where all else is done, time
    goes on to what is called later.
    """

    def __init__(self, clock: Still) -> None:
        self._clock = clock
        self._due: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._later: list[tuple[Nanoseconds, Callable[..., object], tuple[object, ...]]] = []

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> None:
        """Call it at the next step."""
        del context
        self._due.append((callback, args))

    def call_later(
        self, seconds: float, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> object:
        """Call it once that much time is over; return something in the place of a handle."""
        del context
        self._later.append((Nanoseconds(self._clock.at + int(seconds * SECOND)), callback, args))
        return self

    def go_on(self) -> None:
        """Call all that is due, and what that makes due; it must come to an end."""
        for _ in range(100_000):
            if self._due:
                callback, args = self._due.popleft()
            elif self._later:
                first = min(self._later, key=lambda each: each[0])
                self._later.remove(first)
                at, callback, args = first
                self._clock.at = max(self._clock.at, at)
            else:
                return
            callback(*args)
        raise AssertionError("it never comes to rest")
