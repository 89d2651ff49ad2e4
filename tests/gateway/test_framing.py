"""Where a body ends is found at the same place however it arrives, or not at all."""

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt, UntilClose


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({place % (len(octets) + 1) for place in places} | {0, len(octets)})
    return [octets[start:end] for start, end in pairwise(marks)]


def fed(body: Body, parts: list[bytes]) -> tuple[bytes, bytes]:
    """Return what a body took and what it left."""
    got, rest = b"", b""
    for part in parts:
        if body.done:
            rest += part
        else:
            got += b"".join(body.feed(part))
            rest += body.rest
    return got, rest


PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
PLACES = st.lists(st.integers(0, 1000), max_size=12)


@given(PIECES, PLACES, st.binary(max_size=20))
def test_chunks_are_read_alike_however_they_arrive(
    pieces: list[bytes], places: list[int], behind: bytes
) -> None:
    got, rest = fed(Chunked(None), cut(chunked(pieces) + behind, places))
    assert got == b"".join(pieces)
    assert rest == behind


@given(PIECES)
def test_chunks_that_arrive_whole_keep_their_borders(pieces: list[bytes]) -> None:
    assert Chunked(None).feed(chunked(pieces)) == pieces


@given(st.integers(0, 100), st.binary(max_size=200), PLACES)
def test_a_counted_body_ends_at_its_count(octets: int, sent: bytes, places: list[int]) -> None:
    body = Counted(octets)
    got, rest = fed(body, cut(sent, places))
    assert got == sent[:octets]
    assert rest == sent[octets:]
    assert body.done == (len(sent) >= octets)


ALPHABET = st.lists(
    st.sampled_from(
        [b"0", b"1", b"5", b"a", b"F", b"\r\n", b"\r", b"\n", b";", b" ", b"x", b"hello", b"-", b":"]
    ),
    max_size=14,
).map(b"".join)


@given(ALPHABET)
def test_what_is_taken_as_chunks_is_read_alike_by_an_independent_parser(octets: bytes) -> None:
    body = Chunked(None)
    try:
        pieces = body.feed(octets)
    except FramingDoubt:
        return
    if not body.done:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + octets)
    data = b""
    while not isinstance(event := theirs.next_event(), h11.EndOfMessage):
        assert event is not h11.NEED_DATA
        data += event.data if isinstance(event, h11.Data) else b""
    assert data == b"".join(pieces)
    assert theirs.trailing_data[0] == body.rest


@given(ALPHABET, PLACES)
def test_a_doubt_does_not_depend_on_how_the_octets_arrive(octets: bytes, places: list[int]) -> None:
    def verdict(parts: list[bytes]) -> tuple[str, bytes]:
        body, got = Chunked(50, 5), b""
        try:
            for part in parts:
                if not body.done:
                    got += b"".join(body.feed(part))
        except FramingDoubt as doubt:
            return doubt.reason, b""
        return ("done" if body.done else "more"), got

    assert verdict([octets]) == verdict(cut(octets, places))


TRAILERS = st.lists(
    st.sampled_from([b"X", b"x-y", b":", b": ", b" ", b"\r\n", b"\r", b"\n", b"v", b"\xe9", b"\x00"]),
    max_size=10,
).map(b"".join)


@given(TRAILERS, PLACES)
def test_trailers_are_found_to_end_alike_however_they_arrive_and_by_an_independent_parser(
    trailers: bytes, places: list[int]
) -> None:
    octets = b"2\r\nab\r\n0\r\n" + trailers + b"\r\n\r\nbehind"

    def verdict(parts: list[bytes]) -> tuple[bytes, bytes] | None:
        body = Chunked(None, trailers=True)
        try:
            got, rest = fed(body, parts)
        except FramingDoubt:
            return None
        return (got, rest) if body.done else None

    ours = verdict([octets])
    assert verdict(cut(octets, places)) == ours
    if ours is None:
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + octets)
    while not isinstance(theirs.next_event(), h11.EndOfMessage):
        pass
    assert ours == (b"ab", theirs.trailing_data[0])


def test_trailers_are_bounded() -> None:
    body = Chunked(None, trailers=True)
    for octet in b"0\r\nx: " + b"a" * 4_000:
        assert body.feed(bytes([octet])) == []
    with pytest.raises(FramingDoubt):
        body.feed(b"a" * 100)
    assert not body.done


def test_a_bound_holds_over_chunks() -> None:
    body = Chunked(10)
    assert body.feed(b"5\r\nhello\r\n") == [b"hello"]
    with pytest.raises(FramingDoubt) as doubt:
        body.feed(b"6\r\n")
    assert doubt.value.reason == "body-too-large"


def test_a_body_that_ends_with_its_connection_takes_everything() -> None:
    body = UntilClose()
    assert [*body.feed(b"a"), *body.feed(b"b")] == [b"a", b"b"]
    assert not body.done
