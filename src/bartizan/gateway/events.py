"""Following a stream of named events: how it begins, and whether its last event has come.

Rules of this file: the names of events stand on lines of their own, outside what is said, where no text of a
model can stand: a line break inside JSON is written as an escape. Nothing is kept but the first octets and the
seam between two pieces.
Source: HTML living standard, 9.2, server-sent events.
"""

import re
from typing import Final

from bartizan.gateway.tokens import UNSAID, Usage
from bartizan.gateway.usage import usage

_START_OCTETS: Final = 4096
"""Octets at the start of a stream in which its first event says what the request cost."""
_SEAM_OCTETS: Final = 96
"""Longer than the line of any last event."""
_BLANK: Final = (b"\n\n", b"\r\n\r\n")
_BREAK: Final = re.compile(rb"\r?\n\r?\n")


def last_events(*names: bytes) -> re.Pattern[bytes]:
    """Return the pattern of the line that begins one of these events."""
    return re.compile(rb"[\r\n]event: ?(?:" + b"|".join(map(re.escape, names)) + rb")\r?\n")


class NamedEvents:
    """What one stream has said so far."""

    __slots__ = ("_last", "_seam", "_start", "said_last")

    def __init__(self, last: re.Pattern[bytes]) -> None:
        """Take the pattern of the last event, from `last_events`."""
        self._last, self._seam, self._start = last, b"\n", b""
        self.said_last = False

    def take(self, piece: bytes) -> None:
        """Look at the next octets."""
        if len(self._start) < _START_OCTETS:
            self._start += piece[: _START_OCTETS - len(self._start)]
        if not self.said_last:
            seen = self._seam + piece
            self.said_last = self._last.search(seen) is not None
            self._seam = seen[-_SEAM_OCTETS:]

    def whole(self, end: bytes) -> bool:
        """Return whether the stream has said all: its last event has begun, and has ended with a blank line.

        Args:
            end: of the stream, as `usage.tail` keeps it.
        """
        return self.said_last and end.endswith(_BLANK)

    def usage(self, end: bytes) -> Usage:
        """Return what the stream cost: its first event may say one part of it, a late one the other.

        What is said before the last event is no count yet: whoever leaves early would pay by it.

        Args:
            end: of the stream, as `usage.tail` keeps it.
        """
        if not self.said_last:
            return UNSAID
        first, last = usage(_BREAK.split(self._start, 1)[0]), usage(end)
        return Usage(
            max(first.prompt_tokens, last.prompt_tokens), max(first.completion_tokens, last.completion_tokens)
        )
