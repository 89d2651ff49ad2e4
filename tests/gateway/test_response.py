"""Answers of an upstream are read one way or not at all; ours say what they must."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.answer_head import LINES, UNTIL_CLOSE, read_answer
from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.protocols.dialect import Errors
from bartizan.gateway.request import CHUNKED
from bartizan.gateway.response import Dates, refusal_answer

LINE = st.sampled_from([
    b"Content-Length: 2", b"Content-Length: 02", b"Content-Length: -1", b"Transfer-Encoding: chunked", b"Transfer-Encoding: x",
    b"Connection: close", b"Connection: keep-alive", b"Content-Type: a/b", b"X: y", b"X : y", b" X: y", b"X: \x00", b"X: \xe9",
    b"Content-Encoding: gzip", b"Set-Cookie: a", b"OpenAI-Version: 1", b"nonsense", b"content-length: 2",
])  # fmt: skip
STATUS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 ",
        b"HTTP/1.1 200",
        b"HTTP/1.1 99 X",
        b"HTTP/2 200",
    ]
)


@given(STATUS, st.lists(LINE, max_size=5))
def test_what_is_read_is_read_alike_by_h11(status: bytes, lines: list[bytes]) -> None:
    head = b"\r\n".join([status, *lines])
    try:
        ours = read_answer(head)
    except FramingDoubt as doubt:
        assert doubt.reason in FAULTS  # noqa: PT017 - either outcome is one to check
        return
    theirs = h11.Connection(h11.CLIENT)
    theirs.send(h11.Request(method=b"POST", target=b"/", headers=[(b"host", b"x")]))
    theirs.send(h11.EndOfMessage())
    theirs.receive_data(head + b"\r\n\r\n")
    answer = theirs.next_event()
    assert isinstance(answer, h11.Response)
    assert answer.status_code == ours.status
    fields = dict(answer.headers)
    if ours.length == CHUNKED:
        assert fields[b"transfer-encoding"] == b"chunked"
    elif ours.length != UNTIL_CLOSE and ours.status != 204:
        assert int(fields[b"content-length"]) == ours.length
    assert b"cookie" not in ours.kept.lower()
    assert ours.kept.isascii()


@given(st.binary(max_size=200))
def test_any_octets_are_an_answer_or_a_doubt(head: bytes) -> None:
    try:
        read_answer(head)
    except FramingDoubt as doubt:
        assert doubt.reason in FAULTS  # noqa: PT017 - either outcome is one to check


def test_every_fault_has_a_status_line() -> None:
    assert {fault.status for fault in FAULTS.values()} <= LINES.keys()


@pytest.mark.parametrize("errors", Errors)
@pytest.mark.parametrize("reason", FAULTS)
def test_every_fault_is_an_answer_that_an_independent_parser_reads(reason: str, errors: Errors) -> None:
    octets = refusal_answer(
        Refusal(FAULTS[reason], retry_after=1),
        b"date: x\r\n",
        "q-0000000000000000",
        errors=errors,
        keep=False,
        limits=b"",
        bodiless=False,
    )
    theirs = h11.Connection(h11.CLIENT)
    theirs.send(h11.Request(method=b"POST", target=b"/", headers=[(b"host", b"x")]))
    theirs.send(h11.EndOfMessage())
    theirs.receive_data(octets)
    answer = theirs.next_event()
    assert isinstance(answer, h11.Response)
    assert answer.status_code == FAULTS[reason].status
    assert dict(answer.headers)[b"retry-after"] == b"1"
    assert isinstance(theirs.next_event(), h11.Data)
    assert isinstance(theirs.next_event(), h11.EndOfMessage)
    assert theirs.next_event() in (h11.NEED_DATA, h11.PAUSED)


def test_dates_are_made_once_a_second_and_are_right() -> None:
    dates = Dates()
    first = dates.line(Nanoseconds(784_111_777 * SECOND))
    assert first == b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    assert dates.line(Nanoseconds(784_111_777 * SECOND + 999_999_999)) is first
    assert dates.line(Nanoseconds(784_111_778 * SECOND)) == b"date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
