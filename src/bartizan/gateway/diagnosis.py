"""Naming what is wrong with a head that the grammar did not take.

Rules of this file: it runs only on heads that are refused already, or on the part of one that has come so
far; it chooses the word, and never lets anything pass. Everything is linear in the head's length.
"""

import re
from typing import Final

from bartizan.gateway.bounds import HEAD_OCTETS, LINE_OCTETS

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
"""Methods that are known; a route takes one or two of them."""
_BREAKS: Final = re.compile(
    rb"(?P<lf>(?<!\r)\n)|(?P<cr>\r(?!\n|\Z))|(?P<control>[^\t\r\n\x20-\xff]|\x7f)|(?P<beyond>[\x80-\xff])"
)
_WORDS: Final = {
    "lf": "bare-line-feed",
    "cr": "bare-carriage-return",
    "control": "control-character",
    "beyond": "non-ascii",
}
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION: Final = re.compile(rb"HTTP/[0-9](?:\.[0-9])?")
_ABSOLUTE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_AUTHORITY: Final = re.compile(rb"[A-Za-z0-9.\[\]:_-]+:[0-9]+")
_DOT: Final = re.compile(rb"/\.\.?(?:/|\Z)")
_PATH: Final = re.compile(rb"[A-Za-z0-9._~:/-]*")
_QUERY: Final = re.compile(rb"(?:[A-Za-z0-9._~:=&-]|%5[Bb]%5[Dd]|%3[Aa])+")
_PREFACE: Final = b"PRI * HTTP/2.0"


def fault_of(head: bytes) -> str:
    """Return the word for what is wrong with a whole head that was not taken."""
    if len(head) > HEAD_OCTETS:
        return "head-too-long"
    return (
        break_fault(head + b"\r\n")
        or line_fault(head.partition(b"\r\n")[0], _host(head))
        or _field_fault(head)
        or "request-line-malformed"
    )


def partial_fault(part: bytes, fresh: int) -> str:
    """Return the word for what is wrong already with a head that has not come whole, or nothing.

    Args:
        part: what has come so far.
        fresh: where the octets begin that were not looked at before.
    """
    if len(part) > HEAD_OCTETS:
        return "head-too-long"
    line, end, _ = part.partition(b"\r\n") if fresh <= LINE_OCTETS * 2 else (b"", b"", b"")
    if (end and line.endswith(b" HTTP/2.0")) or (not end and len(line) > LINE_OCTETS):
        return line_fault(line, b"")
    found = break_fault(part, max(fresh - 1, 0))
    if found or not end:
        return found
    return line_fault(line, b"") if line.count(b" ") != 2 else ""  # noqa: PLR2004 - method, target, version


def break_fault(part: bytes, start: int = 0) -> str:
    """Return the word for the first octet from `start` on that no head may hold, or nothing."""
    found = _BREAKS.search(part, start)
    return _WORDS[found.lastgroup or ""] if found else ""


def line_fault(line: bytes, host: bytes) -> str:
    """Return the word for what is wrong with a request line, or nothing.

    Args:
        line: without its CR LF.
        host: value of the Host field, or empty.
    """
    if line == _PREFACE or len(line) > LINE_OCTETS:
        return "http2-preface" if line == _PREFACE else "request-line-too-long"
    match line.split(b" "):
        case [method, _] if _TOKEN.fullmatch(method):
            return "version-missing"
        case [method, target, version] if _VERSION.fullmatch(version):
            known = version in (b"HTTP/1.1", b"HTTP/1.0")
            return _request_fault(method, target, host) if known else "version-unsupported"
        case _:
            return "request-line-malformed"


def _request_fault(method: bytes, target: bytes, host: bytes) -> str:
    if method == b"CONNECT":
        return "target-authority"
    return _target_fault(target, host) if method in METHODS else "method-unknown"


def _target_fault(target: bytes, host: bytes) -> str:
    if target == b"*":
        return "target-asterisk"
    absolute = _ABSOLUTE.match(target)
    if absolute is not None:
        return "target-absolute" if absolute[1].lower() == host.lower() else "host-differs"
    if not target.startswith(b"/"):
        return "target-authority" if _AUTHORITY.fullmatch(target) else "target-malformed"
    return _path_fault(target)


def _path_fault(target: bytes) -> str:
    path, mark, query = target.partition(b"?")
    if b"%" in path:
        return "path-encoded"
    if b"//" in path:
        return "path-empty-segment"
    if _DOT.search(path):
        return "path-dot-segment"
    if not _PATH.fullmatch(path):
        return "target-malformed"
    return "query-malformed" if mark and not _QUERY.fullmatch(query) else ""


def _field_fault(head: bytes) -> str:
    for line in head.split(b"\r\n")[1:]:
        if line[:1] in (b" ", b"\t"):
            return "line-folded"
        name, colon, _ = line.partition(b":")
        if not colon or not _TOKEN.fullmatch(name):
            spaced = colon and name.rstrip(b" \t") != name
            return "space-before-colon" if spaced else "field-name-malformed"
    return ""


def _host(head: bytes) -> bytes:
    found = re.search(rb"(?i)\r\nhost:[ \t]*([^\r\n]*)", head)
    return found[1].strip() if found else b""
