"""h11's readers without its machine of states find what the whole of h11 finds."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.oracle import answer_in, body_in, head_in, requests_in
from fuzz.target import kept

_OCTETS = [octets for name in ("client", "answer", "chunks", "head") for _, octets in kept(name)]
_POST = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("skipped", [0, 1, 3, 5, 7])
def test_requests_are_found_as_the_whole_of_h11_finds_them(skipped: int) -> None:
    for octets in _OCTETS:
        assert list(requests_in(octets[skipped:])) == _requests(octets[skipped:])


@pytest.mark.parametrize("skipped", [0, 1, 3, 5, 7])
def test_answers_are_found_as_the_whole_of_h11_finds_them(skipped: int) -> None:
    for octets in _OCTETS:
        try:
            found = answer_in(octets[skipped:])
        except h11.ProtocolError:
            found = None
        assert found == _answer(octets[skipped:])


@given(st.lists(st.sampled_from([b"1\r\na\r\n", b"5", b"\r\n", b"\r", b"\n", b";x", b"0\r\n", b"A: b\r\n"])))
def test_a_body_in_chunks_is_one_of_a_request(parts: list[bytes]) -> None:
    octets = b"".join(parts)
    try:
        body = body_in(octets)
    except h11.ProtocolError:
        body = None
    assert [found[2] for found in _requests(_POST + octets)][:1] == ([] if body is None else [body])


def test_a_head_that_h11_refuses_or_that_has_no_end_is_none() -> None:
    for octets in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"nonsense\r\n\r\n"):
        with pytest.raises(h11.ProtocolError):
            head_in(octets)


def _requests(octets: bytes) -> list[tuple[bytes, bytes, bytes]]:
    found = []
    while octets:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(octets)
        one = _request(connection)
        if one is None:
            break
        found.append(one)
        octets = connection.trailing_data[0]
    return found


def _request(connection: h11.Connection) -> tuple[bytes, bytes, bytes] | None:
    head, body = None, b""
    try:
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif head is not None:
                return head.method, head.target, body
    except h11.RemoteProtocolError:
        return None
    return None


def _answer(octets: bytes) -> tuple[int, bytes] | None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=b"POST", target=b"/", headers=[(b"host", b"x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(octets)
    connection.receive_data(b"")
    status, body = 0, b""
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None
    return status, body
