"""What a process says of a failure, in a callback of its event loop or in a control: where, never what with, seldom.

Rules of this file: the text of an error may quote what a client sent, and an error that a client can cause can be
caused without end. So a line holds kinds of errors and places in the code, and only so many lines are written;
the next one says how many were not.
"""

import asyncio
import os
import traceback
from collections.abc import Callable
from typing import Any, Final

from bartizan.clock import MINUTE, Clock, Nanoseconds
from bartizan.store.gauge import Rate
from bartizan.store.limits import gcra

LINES: Final = Rate(Nanoseconds(MINUTE // 10), 10)
"""Ten lines at once, and ten a minute."""
_PLACES: Final = 5
_CAUSES: Final = 4


class Outcry:
    """An exception handler of an event loop (`loop.set_exception_handler`), and of controls."""

    __slots__ = ("_arrives", "_clock", "_silent", "_write")

    def __init__(self, clock: Clock, write: Callable[[str], object]) -> None:
        """Say it through `write`, a line at a time."""
        self._clock, self._write = clock, write
        self._arrives, self._silent = Nanoseconds(0), 0

    def __call__(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say what went wrong, if not too much was said lately."""
        self._say("a callback", context.get("exception"))

    def control(self, name: str, fault: Exception) -> None:
        """Say which control could not judge, and why, if not too much was said lately."""
        self._say(f"the control {name}", fault)

    def _say(self, what: str, fault: object) -> None:
        allowed, self._arrives, _ = gcra(self._arrives, self._clock.now(), LINES)
        if not allowed:
            self._silent += 1
            return
        said = describe(fault) if isinstance(fault, BaseException) else "no error was named"
        more = f"; {self._silent} more were not written" if self._silent else ""
        self._silent = 0
        self._write(f"{what} failed: {said}{more}\n")


def describe(fault: BaseException) -> str:
    """Return an error and its causes: kinds, the kernel's word where it is one of its errors, and places in the code."""
    said: list[str] = []
    each: BaseException | None = fault
    while each is not None and len(said) < _CAUSES:
        number = f" ({os.strerror(each.errno)})" if isinstance(each, OSError) and each.errno else ""
        said.append(f"{type(each).__name__}{number} in {_places(each)}")
        each = each.__cause__
    return ", from ".join(said)


def _places(fault: BaseException) -> str:
    """Return the innermost places that an error came through, the innermost first."""
    frames = [*traceback.walk_tb(fault.__traceback__)][-_PLACES:]
    return (
        " < ".join(f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in reversed(frames))
        or "no code of ours"
    )
