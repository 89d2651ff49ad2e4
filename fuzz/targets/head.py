"""Heads of requests: what is taken, h11 takes too and alike; what will be taken is not given up half-way."""

from bartizan.gateway.diagnosis import fault_of, partial_fault
from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.request import HeadReader, RequestHead
from fuzz.oracle import head_in
from fuzz.target import Target

_READER = HeadReader(["localhost", "::1"])
_END = b"\r\n\r\n"
_LINE = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost"


def run(head: bytes) -> str:
    assert fault_of(head) in FAULTS
    if _END in head + b"\r\n":
        return "not-one-head"
    try:
        ours = _READER.read(head)
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert fault.status in (501, 505) or fault.status < 500
        return fault.reason
    whole = head + _END
    for at in range(0, len(whole), 1 + len(whole) // 8):
        assert partial_fault(whole[:at], at // 2) == ""
    _require_alike(ours, whole)
    return "taken"


def _require_alike(ours: RequestHead, whole: bytes) -> None:
    theirs, length = head_in(whole)
    target = ours.path + b"?" + ours.query if ours.query else ours.path
    assert (theirs.method, theirs.target) == (ours.method, target)
    assert theirs.http_version == b"1.%d" % ours.minor
    fields = dict(theirs.headers)
    assert b"transfer-encoding" not in fields or b"content-length" not in fields
    assert length == ours.length


TARGET = Target(
    modules=(
        "bartizan.gateway.request",
        "bartizan.gateway.framing_rules",
        "bartizan.gateway.diagnosis",
        "bartizan.gateway.controls.input_valid",
    ),
    run=run,
    seeds=(
        _LINE + b"\r\nContent-Length: 0\r\nAuthorization: Bearer good\r\nContent-Type: application/json",
        _LINE + b"\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close",
        b"GET /v1/models HTTP/1.0\r\nHost: [::1]:80\r\nConnection: keep-alive, TE\r\nTE: trailers",
        b"HEAD / HTTP/1.1\r\nhost: localhost\r\nAuthorization: Basic YTpi\r\nContent-Encoding: gzip",
        b"GET / HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
        b"PRI * HTTP/2.0",
        b"GET /",
        _LINE + b"\r\nX: y\r\n z",
        _LINE + b"\r\nContent-Length: 5\r\nContent-Length: 5",
    ),
    words=(
        b"\r\n", b"\n", b"\r", b"\t", b" ", b":", b"//", b"/../", b"%2e", b"?", b"Host: localhost\r\n", b"host: a\r\n",
        b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Trailer: x\r\n", b"Upgrade: h2c\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0",
        b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"PATCH", b"TRACE", b"http://", b"HTTP2-Settings: a\r\n",
        b"DPoP: a\r\n", b"Authorization: Bearer a\r\n", b"Authorization: Basic YTpi\r\n", b"Content-Type: a/b\r\n", b"Content-Encoding: gzip\r\n",
    ),
)  # fmt: skip
