"""A head that the gateway takes is one that every other parser takes, and in the same sense."""

import h11
import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.gateway.diagnosis import fault_of, partial_fault
from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.request import CHUNKED, HeadReader, RequestHead

READER = HeadReader(["localhost", "::1"])
NAMES = [
    b"Host", b"host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Authorization", b"Expect", b"X",
    b"Upgrade", b"Content-Type", b"TE", b"Trailer", b"X ", b" X", b"", b"X\x00", b"Keep-Alive", b"\xc3\xa9",
]  # fmt: skip
VALUES = [
    b"localhost", b"localhost:1", b"[::1]:8", b"0", b"5", b"5,5", b"+5", b"05", b"chunked", b"Chunked", b"gzip, chunked",
    b"close", b"keep-alive", b"Bearer good", b"Basic YTpi", b"100-continue", b"", b"  x ", b"a\tb", b"\x01", b"h2c", b"\xe9",
]  # fmt: skip
TARGETS = [
    b"/v1/models",
    b"/",
    b"//",
    b"/a/../b",
    b"/%2e",
    b"*",
    b"http://localhost/",
    b"a:1",
    b"/a b",
    b"/?q",
    b"/?q=1&r=%5B%5D",
    b"/v1/models?a=b:c",
    b"/a/..?q",
    b"",
]
LINES = st.builds(
    lambda method, target, version, spaces: spaces.join([method, target, version]),
    st.sampled_from([b"GET", b"POST", b"get", b"CONNECT", b"HEAD", b"PRI", b"G\x00T"]),
    st.sampled_from(TARGETS),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.10", b""]),
    st.sampled_from([b" ", b" ", b" ", b"  ", b"\t"]),
)
FIELDS = st.lists(
    st.builds(
        lambda name, colon, value: name + colon + value,
        st.sampled_from(NAMES),
        st.sampled_from([b":", b": ", b":\t"]),
        st.sampled_from(VALUES),
    ),
    max_size=5,
)
HEADS = st.builds(
    lambda line, host, fields, end: end.join([line, *host, *fields]),
    LINES,
    st.sampled_from([[], [b"Host: localhost"], [b"Host: localhost"], [b"Host: localhost"]]),
    FIELDS,
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]),
)


def target(head: RequestHead) -> bytes:
    return head.path + (b"?" + head.query if head.query else b"")


def accepted(head: bytes) -> RequestHead | None:
    try:
        return READER.read(head)
    except Refusal as fault:
        return None if fault.reason in FAULTS else pytest.fail(f"{fault.reason} is not in the table")


@given(HEADS)
@example(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0")
@example(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked")
def test_what_is_taken_is_taken_alike_by_h11(head: bytes) -> None:
    ours = accepted(head)
    if ours is None:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(head + b"\r\n\r\n")
    request = theirs.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method, request.target) == (ours.method, target(ours))
    assert request.http_version == b"1.%d" % ours.minor
    fields = dict(request.headers)
    assert len(fields[b"host"]) > 0
    length = CHUNKED if b"transfer-encoding" in fields else int(fields.get(b"content-length", b"0"))
    assert length == ours.length
    if ours.length == 0:
        assert isinstance(theirs.next_event(), h11.EndOfMessage)


class Seen:
    def __init__(self) -> None:
        self.url, self.complete = b"", False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_headers_complete(self) -> None:
        self.complete = True


@given(HEADS)
def test_what_is_taken_is_taken_alike_by_llhttp(head: bytes) -> None:
    ours = accepted(head)
    if ours is None:
        return
    seen = Seen()
    parser = httptools.HttpRequestParser(seen)
    parser.feed_data(head + b"\r\n\r\n")
    assert seen.complete
    assert seen.url == target(ours)
    assert parser.get_method() == ours.method


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused_by_name(head: bytes) -> None:
    accepted(head)
    assert fault_of(head) in FAULTS


@given(HEADS, st.integers(0, 400))
def test_a_head_that_will_be_taken_is_never_given_up_half_way(head: bytes, at: int) -> None:
    if accepted(head) is None:
        return
    whole = head + b"\r\n\r\n"
    at = min(at, len(whole) - 1)
    assert partial_fault(whole[:at], 0) == ""
    assert partial_fault(whole[:at], at // 2) == ""


def test_heads_that_llhttp_alone_would_take_are_refused() -> None:
    """The reason for a grammar of our own, as findings of the research: each passes llhttp's default reading."""
    line = b"GET /v1/models HTTP/1.1\r\n"
    lenient = [
        line + b"Host: localhost\r\nHost: evil.example",
        line + b"X: y",
        b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: localhost",
        b"POST /v1/models HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked",
        b"POST /v1/models HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked",
        line + b"Host: localhost\r\nX: " + b"a" * 2_000_000,
    ]
    for head in lenient:
        seen = Seen()
        httptools.HttpRequestParser(seen).feed_data(head + b"\r\n\r\n")
        assert seen.complete
        assert accepted(head) is None


@pytest.mark.parametrize(
    ("authorization", "token", "basic"),
    [
        (b"Bearer abc", "abc", b""),
        (b"bearer abc", "abc", b""),
        (b"Bearer   abc", "abc", b""),
        (b"Basic YTpi", "", b"Basic YTpi"),
        (b"Basic YTpi, Bearer abc", "", b""),
        (b"Bearer", "", b""),
        (b"DPoP abc", "abc", b""),
        (b"dpop  abc", "abc", b""),
        (b"DPoPabc", "", b""),
        (b"Digest abc", "", b""),
        (b"", "", b""),
    ],
)
def test_a_credential_is_found_by_its_scheme(authorization: bytes, token: str, basic: bytes) -> None:
    head = READER.read(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + authorization)
    assert (head.token, head.basic) == (token, basic)
    assert head.scheme is authorization.lower().startswith(b"dpop ")


def test_a_head_is_not_printed_with_its_token() -> None:
    head = READER.read(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret-token")
    assert "secret-token" not in repr(head)


TRACE = b"4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("lines", "trace"),
    [
        (b"traceparent: 00-%b-00f067aa0ba902b7-01" % TRACE, TRACE.decode()),
        (b"Traceparent: 00-%b-00f067aa0ba902b7-00" % TRACE, TRACE.decode()),
        (b"traceparent: 00-%b-00f067aa0ba902b7-01-more" % TRACE, ""),
        (b"traceparent: cc-%b-00f067aa0ba902b7-01" % TRACE, ""),
        (b"traceparent: ff-%b-00f067aa0ba902b7-01" % TRACE, ""),
        (b"traceparent: 00-%b-00f067aa0ba902b7-01" % TRACE.upper(), ""),
        (b"traceparent: 00-%b-00f067aa0ba902b7-01" % (b"0" * 32), ""),
        (b"traceparent: 00-%b-0000000000000000-01" % TRACE, ""),
        (b"traceparent: 00-%b-00f067aa0ba902b7" % TRACE, ""),
        (b"traceparent:", ""),
        (b"traceparent: 00-%b-00f067aa0ba902b7-01\r\ntraceparent: x" % TRACE, ""),
        (b"X: y", ""),
    ],
)
def test_only_a_valid_trace_is_continued(lines: bytes, trace: str) -> None:
    assert READER.read(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + lines).trace == trace
