"""Transports, a loop and ports that are nothing but memory, so that a connection can be driven step by step."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context

from typing_extensions import override


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


class Steps:
    """A loop without time: what is called soon is called when it is told to go on."""

    def __init__(self) -> None:
        self._due: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> None:
        """Call it at the next step."""
        del context
        self._due.append((callback, args))

    def go_on(self) -> None:
        """Call all that is due, and what that makes due; it must come to an end."""
        for _ in range(100_000):
            if not self._due:
                return
            callback, args = self._due.popleft()
            callback(*args)
        raise AssertionError("it never comes to rest")
