"""Where a body ends: by count, in chunks, or with the connection.

Rules of this file: one strict reading for both directions. Pieces come out as they come in, never held back
and never joined; whatever is not plainly framed raises, and the connection is not used again. Chunk
extensions and sizes of more than eight digits are doubts, not features; so are a request's trailers. Those of
an answer are read by the grammar of fields, to find the end, and thrown away; one that would frame is a doubt.
"""

import re
from typing import Final, Protocol

from typing_extensions import override

MOST_CHUNKS: Final = 16_384
"""Chunks that one request's body may come in; an answer may have any number."""
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_LINE_OCTETS: Final = 64
_TRAILERS_OCTETS: Final = 4096
_FIELD: Final = (
    rb"(?!(?i:content-length|transfer-encoding):)[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\x20-\x7e\x80-\xff\t]*"
)
_TRAILERS: Final = re.compile(rb"%b(?:\r\n%b)*" % (_FIELD, _FIELD))


class FramingDoubt(Exception):
    """The bytes do not show for certain where the body ends; `reason` is a word of `faults.FAULTS`."""

    def __init__(self, reason: str) -> None:
        """Name the doubt."""
        super().__init__(reason)
        self.reason = reason


class Body(Protocol):
    """A body on its way in.

    Attributes:
        done: whether its end has been read.
        rest: octets read past the end.
    """

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Return the octets of the body that this read brought, in pieces as they were framed.

        Raises:
            FramingDoubt: the framing is not certain, or a bound is passed.
        """
        ...


class Counted(Body):
    """A body of a known number of octets."""

    __slots__ = ("_left", "done", "rest")

    def __init__(self, octets: int) -> None:
        """Expect that many octets."""
        self._left, self.done, self.rest = octets, octets == 0, b""

    @override
    def feed(self, data: bytes) -> list[bytes]:
        """Return what of the read belongs to the body."""
        left = self._left
        if len(data) > left:
            self.rest, data = data[left:], data[:left]
        self._left = left - len(data)
        self.done = self._left == 0
        return [data] if data else []


class UntilClose(Body):
    """A body that ends with its connection (HTTP/1.0 answers)."""

    __slots__ = ("done", "rest")

    def __init__(self) -> None:
        """Expect anything until the end."""
        self.done, self.rest = False, b""

    @override
    def feed(self, data: bytes) -> list[bytes]:
        """Return the read as it is."""
        return [data]


class Chunked(Body):
    """A body in chunks.

    Source: RFC 9112 7.1, without extensions.
    """

    __slots__ = ("_allowed", "_buffer", "_chunks", "_left", "_trailers", "done", "rest")

    def __init__(self, octets: int | None, chunks: int | None = None, *, trailers: bool = False) -> None:
        """Expect at most that many octets in at most that many chunks; None is no bound.

        Args:
            octets, chunks: the bounds.
            trailers: whether fields behind the last chunk are thrown away, rather than a doubt.
        """
        self._allowed, self._chunks, self._trailers = octets, chunks, trailers
        self._buffer, self._left = b"", -1
        self.done, self.rest = False, b""

    @override
    def feed(self, data: bytes) -> list[bytes]:
        """Return the data of the chunks in this read; a chunk cut by the read comes in parts."""
        if self._buffer:
            data, self._buffer = self._buffer + data, b""
        pieces: list[bytes] = []
        at, end = 0, len(data)
        while at < end and not self.done:
            if self._left < 0:
                at = self._size(data, at)
            elif self._left == 0:
                at = self._terminator(data, at)
            else:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                at += len(piece)
                pieces.append(piece)
            if self._buffer:
                return pieces
        self.rest = data[at:]
        return pieces

    def _size(self, data: bytes, at: int) -> int:
        found = _SIZE.match(data, at)
        if found is None:
            self._partial_size(data, at)
            return at
        size = int(found[1], 16)
        if size == 0:
            return self._last(data, found.end())
        if self._allowed is not None:
            self._allowed -= size
            if self._allowed < 0:
                raise FramingDoubt("body-too-large")
        if self._chunks is not None:
            self._chunks -= 1
            if self._chunks < 0:
                raise FramingDoubt("chunks-too-many")
        self._left = size
        return found.end()

    def _partial_size(self, data: bytes, at: int) -> None:
        line = data[at : at + _LINE_OCTETS]
        digits = re.match(rb"[0-9A-Fa-f]*", line)
        length = digits.end() if digits is not None else 0
        if length > 8:  # noqa: PLR2004 - the digits that _SIZE takes
            raise FramingDoubt("chunk-size-huge")
        following = line[length:]
        if following[:1] == b";":
            raise FramingDoubt("chunk-extension")
        if following not in (b"", b"\r") or (following and not length):
            raise FramingDoubt("chunk-size-malformed")
        self._buffer = line

    def _last(self, data: bytes, at: int) -> int:
        following = data[at : at + 2]
        if following == b"\r\n":
            self.done = True
            return at + 2
        if not b"\r\n".startswith(following):
            return self._trailer(data, at)
        self._buffer = b"0\r\n" + following
        return at

    def _trailer(self, data: bytes, at: int) -> int:
        if not self._trailers:
            raise FramingDoubt("trailer-refused")
        end = data.find(b"\r\n\r\n", at, at + _TRAILERS_OCTETS + 4)
        if end >= 0:
            if _TRAILERS.fullmatch(data, at, end) is None:
                raise FramingDoubt("trailer-refused")
            self.done = True
            return end + 4
        if len(data) - at >= _TRAILERS_OCTETS + 4:
            raise FramingDoubt("trailer-refused")
        self._buffer = b"0\r\n" + data[at:]
        return at

    def _terminator(self, data: bytes, at: int) -> int:
        following = data[at : at + 2]
        if following == b"\r\n":
            self._left = -1
            return at + 2
        if not b"\r\n".startswith(following):
            raise FramingDoubt("chunk-unterminated")
        self._buffer = following
        return at
