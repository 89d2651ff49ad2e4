"""Streams of a tool server: the same events wherever octets are cut, each written so that it is read in one way."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import MESSAGE_OCTETS
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.events import Event, EventReader, written
from bartizan.gateway.mcp.message import judged
from tests.gateway.tools import listing, tool

LINES = st.sampled_from(
    [
        *(
            b"data: {}",
            b"data:{}",
            b"data",
            b"data: [",
            b"id: 1",
            b"id",
            b"event: message",
            b"event: endpoint",
        ),
        *(b": ping", b"retry: 5", b"retry: x", b"nothing: known", b"", b"\xef\xbb\xbfdata: {}"),
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n"])


def everything(stream: bytes) -> list[Event]:
    return EventReader().feed(stream)


@given(st.lists(st.tuples(LINES, ENDS), max_size=12), st.data())
def test_events_are_the_same_wherever_they_are_cut(
    lines: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    reader = EventReader()
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [event for part in parts for event in reader.feed(part)] == everything(stream)


@given(st.dictionaries(st.text(), st.text(), max_size=3), st.integers(0, 9))
def test_an_event_is_read_as_it_was_written(said: dict[str, str], number: int) -> None:
    octets = judged(_message(said), lambda tools: tools).octets
    (found,) = everything(written(Event(octets, b"tag.%d" % number, b"5")))
    assert (found.id, found.retry, json.loads(found.data)) == (b"tag.%d" % number, b"5", json.loads(octets))


@given(st.text(st.sampled_from("a\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r\n"), max_size=8))
def test_an_event_has_the_same_lines_for_who_ends_them_elsewhere(text: str) -> None:
    event = Event(judged(_message({"x": f"{text}id: 7"}), lambda tools: tools).octets, b"tag.1")
    assert written(event).decode().splitlines() == written(event).decode().split("\n")[:-1]


def _message(result: dict[str, Any]) -> bytes:
    plain = {name: value for name, value in result.items() if name.casefold() != "tools"}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": plain}).encode()


def test_an_event_may_come_octet_by_octet() -> None:
    reader, octet = EventReader(), b"x"
    assert reader.feed(b"data: ") == []
    for _ in range(300_000):  # for ever, if each looked at all that came before
        reader.feed(octet)
    assert reader.feed(b"\n\n") == [Event(octet * 300_000)]


def test_lines_of_data_are_one_text_and_a_comment_is_none() -> None:
    assert everything(b"data: a\ndata: b\n\n: ping\n\n") == [Event(b"a\nb"), Event(silent=True)]


@pytest.mark.parametrize("stream", [b"data: {}\rdata: x\n\n", b"data: {}\r\rdata: x\r\r\n", b"a\rb\n"])
def test_a_lone_carriage_return_ends_the_stream(stream: bytes) -> None:
    with pytest.raises(FramingDoubt):
        everything(stream)


@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * MESSAGE_OCTETS, (b"data: " + b"x" * 1000 + b"\n") * 5000]
)
def test_an_event_is_bounded_before_it_ends(stream: bytes) -> None:
    with pytest.raises(FramingDoubt):
        everything(stream)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"nothing",
        b"[]",
        b"[" + listing(tool("a")) + b"]",
        b'{"id":1,"result":{}}',
        b'{"jsonrpc":"2.0","id":1,"Result":{"tools":[]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"Tools":[]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"tool\\u017f":[]}}',
        b'{"jsonrpc":"2.0","id":1,"result":{"tools":{}}}',
        b"[" * 100 + b"]" * 100,
    ],
)
def test_a_message_that_could_be_read_in_two_ways_is_none(octets: bytes) -> None:
    with pytest.raises(FramingDoubt):
        judged(octets, lambda tools: tools)


def test_of_two_members_of_one_name_the_client_gets_the_one_that_was_judged() -> None:
    twice = b'{"jsonrpc":"2.0","id":1,"result":{"tools":[1],"tools":[2]},"result":{"tools":[3],"tools":[4]}}'
    assert (
        judged(twice, lambda tools: [*tools, 0]).octets
        == b'{"jsonrpc":"2.0","id":1,"result":{"tools":[4,0]}}'
    )
