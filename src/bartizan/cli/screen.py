"""Where a command writes: plain text, plain tables, JSON; nothing in it can move a terminal's cursor.

Rules of this file: a reader that goes away does not change what a command finds: writing stops, the command
goes on, and its exit code is the true one.
"""

import json
import os
import select
from collections.abc import Sequence
from typing import Final, TextIO

from bartizan.printable import printable

_COLUMNS: Final = 80


class OutputLost(Exception):
    """What was found could not be written, for another reason than a reader who left."""

    def __init__(self, why: str) -> None:
        """Name the reason."""
        super().__init__(f"cannot write the output: {why}")


class Screen:
    """A text stream that a person or a script reads."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TextIO | None) -> None:
        """Write to a stream; None (a closed descriptor) takes everything and keeps nothing."""
        self._stream = stream

    def require(self) -> None:
        """Return if somebody can read what is written; asked before what can be shown only once is made.

        Raises:
            OutputLost: the stream was closed from the start.
        """
        if self._stream is None:
            raise OutputLost("it is closed")

    @property
    def abandoned(self) -> bool:
        """Whether nobody reads any more what is written: who waits long before writing asks."""
        if self._stream is None:
            return True
        poll = select.poll()
        try:
            poll.register(self._stream.fileno(), 0)
        except (OSError, ValueError):
            return False  # no descriptor behind it
        return any(state & (select.POLLERR | select.POLLHUP) for _, state in poll.poll(0))

    def line(self, text: str = "") -> None:
        """Write a text and a line break; what does not print is escaped."""
        self._write("\n".join(map(printable, text.split("\n"))) + "\n")

    def document(self, value: object) -> None:
        """Write a value as one JSON document, two spaces deep."""
        self._write(json.dumps(value, indent=2) + "\n")

    def progress(self, text: str) -> None:
        """Write a line over the last one, where a person watches; nothing elsewhere. No text wipes it."""
        if self._stream is not None and self._stream.isatty():
            width = self._columns() - 1  # a line that fills the last column has gone on to the next one
            self._write(f"\r{printable(text)[:width]:<{width}}" + ("" if text else "\r"))

    def _columns(self) -> int:
        """Return the terminal's columns, at most 80; 80 where it does not say."""
        try:
            columns = os.get_terminal_size(self._stream.fileno() if self._stream is not None else -1).columns
        except (OSError, ValueError):
            return _COLUMNS
        return max(2, min(columns or _COLUMNS, _COLUMNS))

    def flush(self) -> None:
        """Hand over what is buffered.

        Raises:
            OutputLost: the disk is full, or the like.
        """
        self._write("")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            self._abandon()
        except (OSError, ValueError) as fault:
            self._abandon()
            raise OutputLost(getattr(fault, "strerror", None) or "the stream is closed") from fault

    def _abandon(self) -> None:
        """Send the rest nowhere, so that the interpreter does not complain when it flushes at its end."""
        stream, self._stream = self._stream, None
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            return  # no descriptor behind it: nothing will be flushed


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Return rows as aligned columns, two spaces apart; the first row is the head.

    Args:
        rows: cells, the same number in each row.
        right: columns that are flush right.
    """
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def span(seconds: float) -> str:
    """Return a span of time in the largest whole unit: `12 s`, `5 min`, `3 h`, `9 d`."""
    whole = max(0, int(seconds))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= 2 * length or (unit == "d" and whole >= length):
            return f"{whole // length} {unit}"
    return f"{whole} s"


def places(entries: tuple[int, int] | None) -> str:
    """Return the first and last index of some entries: `#7`, `#7-9`, or `-` where there are none."""
    return "-" if entries is None else "#" + "-".join(map(str, dict.fromkeys(entries)))
