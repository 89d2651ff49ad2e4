"""Streams of named events: whether the last one has come, and what it cost, is the same however the octets arrive.

The first octet chooses the protocol.
"""

from bartizan.gateway.events import NamedEvents
from bartizan.gateway.protocols import anthropic, responses
from bartizan.gateway.tokens import UNSAID, Usage
from bartizan.gateway.usage import tail
from fuzz.cuts import cut_at, parts_of, uncut
from fuzz.target import Target
from fuzz.twin import twin

_PATTERNS = [row.last for row in (anthropic.ANTHROPIC.rows[0], responses.ROWS[0]) if row.last is not None]
_NAMES = (
    {b"message_stop"},
    {b"response.completed", b"response.incomplete", b"response.failed", b"response.cancelled"},
)
_TWIN = twin("bartizan.gateway.events")
_MOST = 2**53 - 1


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    choice, (octets, parts) = data[0] % len(_PATTERNS), parts_of(data[1:])
    found = _followed(NamedEvents(_PATTERNS[choice]), parts)
    if len(parts) > 1:
        assert _followed(_TWIN.NamedEvents(_PATTERNS[choice]), [octets]) == found
    said_last, whole, usage = found
    assert said_last == _is_said(octets, _NAMES[choice])
    assert whole == (said_last and octets.endswith((b"\n\n", b"\r\n\r\n")))
    assert said_last or usage == UNSAID
    assert 0 <= usage.prompt_tokens <= _MOST
    assert 0 <= usage.completion_tokens <= _MOST
    return f"{choice} {said_last} {whole} {usage == UNSAID}"


def _followed(events: NamedEvents, parts: list[bytes]) -> tuple[bool, bool, Usage]:
    kept = b""
    for part in parts:
        events.take(part)
        kept = tail(kept, part)
    return events.said_last, events.whole(kept), events.usage(kept)


def _is_said(octets: bytes, names: set[bytes]) -> bool:
    """Return whether a line begins one of these events; a carriage return may end the line before it, not its own."""
    ended = [line.removesuffix(b"\r") for line in octets.split(b"\n")[:-1]]
    fields = [line.rpartition(b"\r")[2] for line in ended]
    return any(line[:6] == b"event:" and line[6:].removeprefix(b" ") in names for line in fields)


_BEGUN = b'event: message_start\ndata: {"message":{"usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
_ENDED = (
    b'event: message_delta\ndata: {"usage":{"output_tokens":9}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
_COMPLETED = (
    b'event: response.completed\r\ndata: {"response":{"usage":{"input_tokens":3,"output_tokens":5,'
    b'"input_tokens_details":{"cached_tokens":1}}}}\r\n\r\n'
)
TARGET = Target(
    modules=("bartizan.gateway.events", "bartizan.gateway.usage"),
    run=run,
    seeds=(
        b"\0" + uncut(_BEGUN + _ENDED),
        b"\0" + cut_at(_BEGUN + _ENDED, 90, 150, 160),
        b"\0" + uncut(_BEGUN),
        b"\1" + uncut(_COMPLETED),
        b"\1" + cut_at(b": x\n\n" + _COMPLETED, 7, 20, 40),
        b"\1" + uncut(b"event:response.failed\ndata: {}\n\n"),
        b"\1" + uncut(b'data: {"text":"\\nevent: error\\n"}\n\n'),
    ),
    words=(
        b"\n", b"\r", b"\r\n", b"\n\n", b"event:", b"event: ", b"message_stop", b"response.completed", b"response.failed",
        b"response.incomplete", b"response.cancelled", b'"usage":', b'"usage":{"input_tokens":3}', b"{", b"}", b":", b"data: ", b"9007199254740992",
    ),
    longest=400,
)  # fmt: skip
