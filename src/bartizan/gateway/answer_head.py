"""The head of a service's answer, read: what it says, where its body ends, and what of it our own begins with.

Rules of this file: an upstream is not trusted to frame its answers. A head that a second party could read
otherwise is a doubt, the client gets 502 and the connection is dropped. Of an upstream's fields only those
of an allow-list reach the client.
"""

import re
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import msgspec

from bartizan.crypto.secret import Reticent
from bartizan.gateway.bounds import FIELDS
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.request import CHUNKED

UNTIL_CLOSE: Final = -2
"""The length of a body that ends with its connection."""
LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
"""Status -> status line."""
SECURITY: Final = (
    b"x-content-type-options: nosniff\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n"
    b"referrer-policy: no-referrer\r\n"
)
"""Fields of every answer but those of our own pages (`page.py`): nothing else that comes from here is a page."""
_HEAD: Final = re.compile(
    rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\x20-\x7e\x80-\xff\t]*)?"
    rb"((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\x20-\x7e\x80-\xff\t]*)*)"
)
_LOOKED_AT: Final = re.compile(
    rb"(?i)\r\n(?:(content-length|transfer-encoding|connection|content-encoding|mcp-session-id|dpop-nonce|etag|idempotency-replayed)"
    rb"|(content-type|cache-control|retry-after|retry-after-ms|x-should-retry|www-authenticate"
    rb"|openai-[a-z0-9-]*|x-ratelimit-[a-z0-9-]*|anthropic-ratelimit-[a-z0-9-]*)):[ \t]*([^\r]*)"
)
"""Fields that say where the body ends or which session it is of, and those that reach the client."""
_OWN: Final = (b"etag", b"idempotency-replayed")
"""Fields that reach the client from the platform's own endpoints alone."""
_FOR_PAGES: Final = re.compile(rb"(?i)\r\n(set-cookie|location):[ \t]*([^\r]*)")
"""What a service may say to nobody, and the platform's own pages say to a browser."""
_TWICE: Final = b"\0"
_REMEMBERED: Final = 128
_NOT_MODIFIED: Final = 304
_BODILESS: Final = (204, _NOT_MODIFIED)
_FIRST_FINAL: Final = 200


class AnswerHead(Reticent, frozen=True):
    """The head of an upstream's answer.

    Attributes:
        status: of it; below 200 it is interim and has no body.
        kept: the lines that reach the client, each with its CR LF.
        media: value of Content-Type, lower-case.
        length: octets of the body, `CHUNKED` or `UNTIL_CLOSE`.
        reusable: whether the connection may be used again.
        opening: all of our own head that follows from this one alone.
        session: id of a session that the service names, or empty.
        nonce: of proofs for the service, or empty; it reaches the client from the platform's own endpoints alone.
        own: lines that do so too, each with its CR LF.
        cookie, location: values of Set-Cookie and Location, or empty; they reach the client from our own pages alone.
    """

    status: int
    kept: bytes
    media: bytes
    length: int
    reusable: bool
    opening: bytes = b""
    session: bytes = b""
    nonce: bytes = b""
    own: bytes = b""
    cookie: bytes = b""
    location: bytes = b""


def read_answer(head: bytes) -> AnswerHead:
    """Return what the head of an upstream's answer says; one that sets a cookie is not remembered, it is a secret.

    Args:
        head: the octets before the empty line.
    Raises:
        FramingDoubt: it is not certain what it says, or where its body ends.
    """
    return _remembered(head) if b"set-cookie" not in head.lower() else _read(head)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(head: bytes) -> AnswerHead:
    """Return the same as `_read`.

    A pure function of the head's octets; the latest answers are kept, because a service that is busy says the
    same head again within a second.
    """
    return _read(head)


def _read(head: bytes) -> AnswerHead:
    shape = _HEAD.fullmatch(head)
    if shape is None:
        raise FramingDoubt("upstream-malformed")
    minor, code, block = shape.groups()
    if block.count(b"\r\n") > FIELDS:
        raise FramingDoubt("upstream-malformed")
    kept, told = _sorted_out(block)
    status = int(code)
    if status == HTTPStatus.PARTIAL_CONTENT:  # no part is ever asked for
        raise FramingDoubt("upstream-malformed")
    length = _length(status, minor, told)
    connection = told.get(b"connection", b"").lower()
    reusable = minor == b"1" and b"close" not in connection and length != UNTIL_CLOSE
    media = told.get(b"content-type", b"").lower()
    session = told.get(b"mcp-session-id", b"")
    nonce = told.get(b"dpop-nonce", b"")
    own = b"".join(
        b"%b: %b\r\n" % (name, told[name]) for name in _OWN if told.get(name, b"").isascii() and name in told
    )
    cookie, location = _for_pages(block)
    return AnswerHead(
        status,
        kept,
        media,
        length,
        reusable,
        opening(status, kept, length),
        session,
        nonce,
        own,
        cookie,
        location,
    )


def of_ours(octets: bytes) -> AnswerHead:
    """Return the head of an answer that is the gateway's own, and JSON."""
    kept, length = b"content-type: application/json\r\n", len(octets)
    return AnswerHead(
        _FIRST_FINAL,
        kept,
        b"application/json",
        length,
        reusable=True,
        opening=opening(_FIRST_FINAL, kept, length),
    )


def reframed(head: AnswerHead, length: int | None) -> AnswerHead:
    """Return the head for a body that was written anew.

    Args:
        head: of the upstream's answer, with what else of it is kept.
        length: octets of the body; None where it comes in pieces.
    """
    unknown = CHUNKED if head.length >= 0 else head.length
    octets = unknown if length is None else length
    return msgspec.structs.replace(head, length=octets, opening=opening(head.status, head.kept, octets))


def _sorted_out(block: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    kept = b""
    told: dict[bytes, bytes] = {}
    for framing, passed, value in _LOOKED_AT.findall(block):
        name = (framing or passed).lower()
        if name in told:
            if framing:
                raise FramingDoubt("upstream-malformed")
            continue
        told[name] = value.rstrip()
        if passed and value.isascii():
            kept += b"%b: %b\r\n" % (name, value)
    return kept, told


def _length(status: int, minor: bytes, told: dict[bytes, bytes]) -> int:
    length, coding = told.get(b"content-length"), told.get(b"transfer-encoding")
    if told.get(b"content-encoding", b"identity").lower() != b"identity":
        raise FramingDoubt("upstream-malformed")
    if length is not None and (not length.isdigit() or len(length) > 12):  # noqa: PLR2004 - a terabyte
        raise FramingDoubt("upstream-malformed")
    if status < _FIRST_FINAL or status in _BODILESS:
        return _no_body(status, length, coding)
    if coding is not None:
        if length is not None or minor == b"0" or coding.lower() != b"chunked":
            raise FramingDoubt("upstream-malformed")
        return CHUNKED
    return UNTIL_CLOSE if length is None else int(length)


def _no_body(status: int, length: bytes | None, coding: bytes | None) -> int:
    """Return 0, unless the head announces a body where there is none: its octets would be the next answer.

    Source: RFC 9110 8.6, RFC 9112 6.1; a 304 says the length of what it stands for.
    """
    if coding is not None or (length is not None and int(length) and status != _NOT_MODIFIED):
        raise FramingDoubt("upstream-malformed")
    return 0


def _for_pages(block: bytes) -> tuple[bytes, bytes]:
    """Return the values of Set-Cookie and Location; of what stands twice, what no page says."""
    said: dict[bytes, bytes] = {}
    for field, value in _FOR_PAGES.findall(block):
        name = field.lower()
        said[name] = _TWICE if name in said else value.rstrip()
    return said.get(b"set-cookie", b""), said.get(b"location", b"")


def opening(status: int, kept: bytes, length: int, security: bytes = SECURITY) -> bytes:
    """Return the lines of our own head that follow from an upstream's alone, the status line first."""
    line = LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    framing = b"content-length: %d\r\n" % length if length >= 0 and status not in _BODILESS else b""
    caching = b"" if b"cache-control:" in kept else b"cache-control: no-store\r\n"
    return b"".join((line, kept, caching, security, framing))
