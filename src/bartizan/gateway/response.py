"""Answers to clients: the head of ours before a service's body, and our own refusals, whole."""

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from bartizan.clock import MINUTE, SECOND, Nanoseconds
from bartizan.gateway.answer_head import LINES, SECURITY, AnswerHead
from bartizan.gateway.faults import Refusal
from bartizan.gateway.possession import challenge
from bartizan.gateway.problem import document
from bartizan.gateway.protocols.dialect import Errors
from bartizan.gateway.service import ServiceLimits
from bartizan.identity.strength import INSUFFICIENT

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"
"""What ends a body in chunks."""
_REMEMBERED: Final = 128


class Dates:
    """Values of the Date field, made once a second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        """Start with none made."""
        self._second, self._line = -1, b""

    def line(self, now: Nanoseconds) -> bytes:
        """Return the Date field for an instant, with its CR LF."""
        second = now // SECOND
        if second != self._second:
            self._second = second
            self._line = b"date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
        return self._line


def head_for_client(
    answer: AnswerHead, date: bytes, request: str, *, keep: bool, chunked: bool, limits: bytes = b""
) -> bytes:
    """Return the head that the client gets for an upstream's answer.

    Args:
        answer: of the upstream.
        date: the Date line.
        request: pseudonym of the request.
        keep: whether the connection goes on.
        chunked: whether a body of unknown length goes out in chunks.
        limits: the RateLimit lines, each with its CR LF.
    """
    framing = b"transfer-encoding: chunked\r\n" if chunked else b""
    going = b"\r\n" if keep else b"connection: close\r\n\r\n"
    return b"%b%b%b%bx-request-id: %b\r\n%b" % (
        answer.opening,
        framing,
        date,
        limits,
        request.encode(),
        going,
    )


def refusal_answer(
    fault: Refusal, date: bytes, request: str, *, errors: Errors, keep: bool, limits: bytes, bodiless: bool
) -> bytes:
    """Return the whole answer for a refusal.

    Args:
        fault: the refusal.
        date: the Date line.
        request: pseudonym of the request.
        errors: the shape that the client's protocol gives them.
        keep: whether the connection goes on.
        limits: the RateLimit lines, and those of `possession.told`, each with its CR LF.
        bodiless: whether the request was HEAD.
    """
    media, body = document(fault, request, errors)
    fields = [LINES[fault.status], date, SECURITY, b"cache-control: no-store\r\n"]
    fields += [b"x-request-id: ", request.encode(), b"\r\ncontent-type: ", media, b"\r\n"]
    fields.append(b"content-length: %d\r\n" % len(body))
    if fault.status == HTTPStatus.UNAUTHORIZED and fault.reason != INSUFFICIENT:
        missing = fault.reason == "token-missing"
        bearer = b'www-authenticate: Bearer realm="bartizan"%b\r\n' % (b"" if missing else _INVALID)
        fields.append(challenge(fault.reason) or bearer)
    if fault.allow:
        fields.append(b"allow: " + fault.allow.encode() + b"\r\n")
    if fault.retry_after:
        fields.append(b"retry-after: %d\r\n" % -(-fault.retry_after // SECOND))
    fields.append(limits)
    fields += [b"" if keep else b"connection: close\r\n", b"\r\n", b"" if bodiless else body]
    return b"".join(fields)


_INVALID: Final = b', error="invalid_token"'


def requests_left(limits: ServiceLimits, owed: int) -> bytes:
    """Return the RateLimit lines for a principal's requests to a service.

    Args:
        limits: of the service.
        owed: nanoseconds until all requests are there again; negative, how long to wait for the next.
    Source: draft-ietf-httpapi-ratelimit-headers-10.
    """
    per_minute = limits.requests_per_minute
    if owed < 0:
        return _limit_lines(per_minute, 0, -(owed // SECOND))
    left = limits.burst - -(-owed * per_minute // MINUTE)
    return _limit_lines(per_minute, max(left, 0), -(-owed // SECOND))


@lru_cache(maxsize=_REMEMBERED)
def _limit_lines(per_minute: int, left: int, seconds: int) -> bytes:
    return b'ratelimit-policy: "requests";q=%d;w=60\r\nratelimit: "requests";r=%d;t=%d\r\n' % (
        per_minute,
        left,
        seconds,
    )
