"""Being told to stop while something runs that must be put away: the first time it is put away, and that is all.

Rules of this file: the handler writes with `write(2)` alone, since it may have interrupted a print. It does not interrupt
the interpreter where that holds a lock which it could not give back, as it does while it imports a module or starts a
thread: it comes again a moment later. An interruption that got lost, because Python was just clearing something away, is
made anew.
"""

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDERR: Final = 2
_SAID: Final = b"bartizan: ending in order; what is open is finished first\n"
_LATER_S: Final = 0.02
_IMPORTING: Final = "<frozen importlib."
_WAITS: Final = frozenset({"wait", "wait_for", "join", "_wait_for_tstate_lock"})
"""Functions of `threading` that may be interrupted: what they wait for may not come for long."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or SIGHUP interrupt what runs inside, once; later ones do not cut its cleaning up short.

    A signal that is ignored stays ignored: under nohup a command is to outlive its terminal.

    Raises:
        KeyboardInterrupt: at the first signal.
    """
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def first(number: int, frame: FrameType | None) -> None:
        if delicate(frame):
            _again(number)
            return
        for each in heard:
            signal.signal(each, later)
        raise KeyboardInterrupt

    def listen() -> None:
        for number in heard:
            signal.signal(number, first)

    try:
        listen()
        with _not_lost(listen):
            yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def later(_number: int, _frame: FrameType | None) -> None:
    """Answer a signal that came after the first."""
    if sys.stderr is not None:  # else descriptor 2 is something else by now
        with contextlib.suppress(OSError):
            os.write(_STDERR, _SAID)


def delicate(frame: FrameType | None) -> bool:
    """Return whether the interpreter may hold a lock of its own here, so that an exception would leave it locked.

    Args:
        frame: the innermost one.
    """
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_IMPORTING):
            return True
        if code.co_filename == threading.__file__ and code.co_name not in _WAITS:
            return True
        frame = frame.f_back
    return False


@contextmanager
def _not_lost(listen: Callable[[], None]) -> Iterator[None]:
    """Make an interruption anew that Python told nobody of, as one is in a finalizer or in the callback of a weak reference.

    Args:
        listen: has the next signal count as the first.
    """
    before = sys.unraisablehook

    def unraisable(lost: "UnraisableHookArgs") -> None:
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            before(lost)
            return
        listen()
        _again(signal.SIGINT)

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before


def _again(number: int) -> None:
    """Have the signal come again in a moment; the plain way to start a thread takes locks, and this is a handler's."""

    def come() -> None:
        time.sleep(_LATER_S)
        os.kill(os.getpid(), number)

    _thread.start_new_thread(come, ())
