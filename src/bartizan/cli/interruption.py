"""Being told to stop while something runs that must be put away: the first time it is put away, and that is all.

Rules of this file: the handler writes with `write(2)` alone, since it may have interrupted a print.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDERR: Final = 2
_SAID: Final = b"bartizan: ending in order; what is open is finished first\n"


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or SIGHUP interrupt what runs inside, once; later ones do not cut its cleaning up short.

    A signal that is ignored stays ignored: under nohup a command is to outlive its terminal.

    Raises:
        KeyboardInterrupt: at the first signal.
    """
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in heard:
            signal.signal(number, later)
        raise KeyboardInterrupt

    try:
        for number in heard:
            signal.signal(number, first)
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def later(_number: int, _frame: FrameType | None) -> None:
    """Answer a signal that came after the first."""
    if sys.stderr is not None:  # else descriptor 2 is something else by now
        with contextlib.suppress(OSError):
            os.write(_STDERR, _SAID)
