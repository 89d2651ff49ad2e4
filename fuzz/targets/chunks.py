"""Bodies in chunks: whatever the octets, however they arrive, one reading; what is whole, h11 reads alike."""

from types import ModuleType

from bartizan.gateway import framing
from bartizan.gateway.faults import FAULTS
from fuzz.cuts import cut_at, parts_of, uncut
from fuzz.oracle import body_in
from fuzz.target import Target
from fuzz.twin import twin

_TWIN = twin("bartizan.gateway.framing")
_OCTETS, _CHUNKS = 100, 9


def run(data: bytes) -> str:
    octets, parts = parts_of(data)
    asked, answered = (_read_alike(octets, parts, answer=answer) for answer in (False, True))
    for word, body, rest in {asked, answered}:  # mostly one, which h11 then reads once
        if word == "done":
            _require_alike(octets, body, rest)
    return f"{asked[0]} {answered[0]}"


def _read_alike(octets: bytes, parts: list[bytes], *, answer: bool) -> tuple[str, bytes, bytes]:
    """Return what is read of the pieces, which is what is read of the whole."""
    found = _read(framing, parts, answer=answer)
    if len(parts) > 1:
        assert _read(_TWIN, [octets], answer=answer) == found
    return found


def _read(how: ModuleType, parts: list[bytes], *, answer: bool) -> tuple[str, bytes, bytes]:
    chunked = how.Chunked(None, trailers=True) if answer else how.Chunked(_OCTETS, _CHUNKS)
    body, rest = b"", b""
    for part in parts:
        if chunked.done:
            rest += part
            continue
        try:
            body += b"".join(chunked.feed(part))
        except how.FramingDoubt as doubt:
            assert doubt.reason in FAULTS
            return doubt.reason, b"", b""
        rest = chunked.rest
    assert answer or len(body) <= _OCTETS
    return ("done", body, rest) if chunked.done else ("more", body, b"")


def _require_alike(octets: bytes, body: bytes, rest: bytes) -> None:
    end = len(octets) - len(rest)
    assert octets[end:] == rest
    assert body_in(octets[:end]) == body


TARGET = Target(
    modules=("bartizan.gateway.framing",),
    run=run,
    seeds=(
        uncut(b"5\r\nhello\r\n0\r\n\r\n"),
        cut_at(b"5\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\nGET", 1, 9, 30),
        uncut(b"1\r\na\r\n0\r\nA: b\r\nC:\r\n\r\nx"),
        uncut(b"64\r\n" + b"a" * 100 + b"\r\n1\r\nb\r\n0\r\n\r\n"),
        uncut(b"1\r\na\r\n" * 10 + b"0\r\n\r\n"),
        uncut(b"000000000\r\n\r\n"),
        uncut(b"5;a=b\r\nhello\r\n0\r\n\r\n"),
    ),
    words=(b"\r\n", b"\r", b"\n", b"0\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", b";", b"FFFFFFFF", b"a: b\r\n", b"\r\n\r\n", b"-1", b"0x"),
    longest=256,
)  # fmt: skip
