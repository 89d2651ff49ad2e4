"""Replies of Valkey and Redis (RESP2), read as they come; commands, written.

Rules of this file: only what limits need: integers, bulk strings, flat lists, and words of success or failure. Whatever
else a server sends, or more of it than any reply has, ends the connection.
Source: the Redis serialization protocol specification, version 2.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_LINE: Final = b"\r\n"
_LONGEST: Final = 65_536
"""Octets of one reply."""
_MOST: Final = 256
"""Parts of one reply."""

Reply = int | bytes | None | list["Reply"]


class ReplyMalformed(ValueError):
    """A server sent what is no reply to us."""


class ServerRefused(Exception):
    """The server answered with an error; its first word is kept (`NOSCRIPT`), never the rest.

    Attributes:
        word: upper-case, or `ERR`.
    """

    def __init__(self, word: str) -> None:
        """Keep the word."""
        super().__init__(word)
        self.word = word


def command(*words: bytes) -> bytes:
    """Return the octets of a command."""
    return b"*%d\r\n%b" % (len(words), b"".join(_bulks(words)))


def _bulks(words: Iterable[bytes]) -> Iterator[bytes]:
    return (b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class Replies:
    """Reads replies out of octets that come in any pieces."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        """Have read nothing."""
        self._octets = b""

    def feed(self, octets: bytes) -> Iterator[Reply | ServerRefused]:
        """Yield every reply that is whole by now.

        Raises:
            ReplyMalformed: this is no reply; the connection is of no more use.
        """
        self._octets += octets
        at = 0
        while at < len(self._octets):
            read = _read(self._octets, at, 1)
            if read is None:
                if len(self._octets) - at > _LONGEST:
                    raise ReplyMalformed("a reply is too long")
                break
            reply, at = read
            yield reply
        self._octets = self._octets[at:]


def _read(octets: bytes, at: int, depth: int) -> tuple[Reply | ServerRefused, int] | None:
    """Return the reply that begins there and where it ends, or None where it is not whole."""
    end = octets.find(_LINE, at)
    if end < 0:
        return None
    kind, said = octets[at : at + 1], octets[at + 1 : end]
    if kind == b"+":
        return said, end + 2
    if kind == b"-":
        word = said.partition(b" ")[0].decode("ascii", "replace")
        return ServerRefused(word if word.isalnum() and word.isupper() else "ERR"), end + 2
    number = _number(said)
    if kind == b":":
        return number, end + 2
    if kind == b"$":
        return _bulk(octets, end + 2, number)
    if kind == b"*" and depth:
        return _list(octets, end + 2, number)
    raise ReplyMalformed("a reply of unknown kind")


def _number(said: bytes) -> int:
    digits = said[1:] if said.startswith(b"-") else said
    if not digits.isdigit() or len(digits) > 18:  # noqa: PLR2004  # what 64 bits hold in any case
        raise ReplyMalformed("a number is none")
    return int(said)


def _bulk(octets: bytes, at: int, length: int) -> tuple[Reply, int] | None:
    if length < 0:
        return None, at
    if length > _LONGEST:
        raise ReplyMalformed("a reply is too long")
    end = at + length
    if len(octets) < end + 2:
        return None
    if octets[end : end + 2] != _LINE:
        raise ReplyMalformed("a reply ends elsewhere than it says")
    return octets[at:end], end + 2


def _list(octets: bytes, at: int, length: int) -> tuple[Reply, int] | None:
    if not 0 <= length <= _MOST:
        raise ReplyMalformed("a reply has too many parts")
    parts: list[Reply] = []
    for _ in range(length):
        read = _read(octets, at, 0)
        if read is None:
            return None
        part, at = read
        if isinstance(part, ServerRefused):
            raise ReplyMalformed("a reply holds an error")
        parts.append(part)
    return parts, at
