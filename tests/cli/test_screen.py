"""A screen shows progress on one line of any terminal, and nothing of it elsewhere."""

import contextlib
import fcntl
import io
import os
import struct
import termios

import pytest

from bartizan.cli.screen import Screen


def shown(columns: int, *texts: str) -> str:
    """Return what a terminal of so many columns (0: it does not say) is sent by lines of progress."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(theirs, "w") as terminal:
        for text in texts:
            Screen(terminal).progress(text)
    sent = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while piece := os.read(ours, 65536):
            sent += piece
    os.close(ours)
    return sent.decode()


@pytest.mark.parametrize("columns", [2, 40, 79, 80, 200, 0])
def test_progress_stays_on_its_line(columns: int) -> None:
    for line in shown(columns, "x" * 300, "short").split("\r")[1:]:
        assert len(line) == min(columns or 80, 80) - 1


def test_progress_leaves_a_clean_line_behind() -> None:
    assert shown(40, "drill", "").endswith("\r" + " " * 39 + "\r")


def test_a_file_gets_no_progress() -> None:
    stream = io.StringIO()
    Screen(stream).progress("drill")
    assert stream.getvalue() == ""
