"""A client's connection, whole: any octets in any pieces, over a transport in memory.

It never raises and never ends in a 5xx but 501 and 505, which say that it was the client; a request gets one answer
and the service only what h11 finds in the same octets; the pieces change no answer; and once nothing more comes, time
ends it, with nothing left open. The gateway stands for the whole run, so that what it remembers of one input could
betray it to the next.
"""

import json
import re
from collections.abc import Sequence

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.plane import Plane
from bartizan.gateway.protocol import ClientConnection
from bartizan.gateway.strangers import Strangers
from fuzz.cuts import cut_at, parts_of, uncut
from fuzz.memory import START, Steps, Still, Wire
from fuzz.oracle import Found, requests_in
from fuzz.service import Service, plane
from fuzz.target import Target

_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z -]*\r\n")
_WORD = re.compile(rb'"code":"([a-z0-9.-]+)"|"type":"urn:bartizan:[a-z]+:([a-z0-9.-]+)"')
_OF_A_CLIENT = {501, 505}
_PLANE: tuple[Plane, Service, Steps, Still] = plane()


def run(data: bytes) -> str:
    octets, parts = parts_of(data)
    statuses, received, said = _served([octets])
    if len(parts) > 1:
        cut = _served(parts)
        # of a head with two faults, the one that is seen first is named, which the pieces may change
        assert _agree([one < 400 for one in cut[0]], [one < 400 for one in statuses]), (cut, statuses)
        assert _agree(cut[1], received), (cut, received)
    assert len(statuses) <= octets.count(b"\r\n\r\n") + 1
    if received:
        _require_found(received, octets)
    words = [(a or b).decode() for a, b in _WORD.findall(said)]
    return " ".join([*map(str, statuses), *words][:4]) or "nothing"


def _agree(some: Sequence[object], others: Sequence[object]) -> bool:
    """Return whether one is how the other begins: who is refused before its body came whole is not heard further."""
    return all(one == other for one, other in zip(some, others, strict=False))


def _served(parts: list[bytes]) -> tuple[list[int], list[Found], bytes]:
    made, service, steps, clock = _PLANE
    clock.at = made.swept = START
    made.strangers = Strangers(
        clock, made.loop, made._is_busy
    )  # how long they rest is counted from another time
    service.received = []
    wire, one = Wire(), ClientConnection(made)
    one.connection_made(wire)
    for part in parts:
        if not wire.closed:
            one.data_received(part)
            steps.go_on()
    statuses = _statuses(wire.said)
    _end(one, wire)
    one.connection_lost(None)
    steps.go_on()
    assert not made.clients
    assert not made.open
    assert made.admitted == made.completed
    assert made.shares._held == 0
    return statuses, service.received, wire.said


def _end(one: ClientConnection, wire: Wire) -> None:
    """Let time pass until the connection is closed; whatever its state, that comes."""
    made, _, steps, clock = _PLANE
    for _ in range(6):
        if wire.closed:
            return
        clock.at = made.swept = Nanoseconds(clock.at + 80 * SECOND)
        one.sweep(made.swept)
        steps.go_on()
    assert wire.closed, "it hangs"
    _statuses(wire.said)


def _statuses(said: bytes) -> list[int]:
    """Return the statuses of all final answers, each of which is whole and of a client's making."""
    assert not said or _STATUS.match(said)
    statuses = [int(status) for status in _STATUS.findall(said) if status != b"100"]
    for status in statuses:
        assert status < 500 or status in _OF_A_CLIENT, status
    return statuses


def _require_found(received: list[Found], octets: bytes) -> None:
    theirs = iter(list(requests_in(octets)))
    for each in received:
        assert any(_same(each, other) for other in theirs), each


def _same(ours: Found, theirs: Found) -> bool:
    if ours[1] != theirs[1] or ours[0] != theirs[0].replace(b"HEAD", b"GET"):
        return False
    if ours[2][:1] != b"{":
        return ours[1] == b"/oauth/token" or ours[2] == theirs[2]
    try:
        mine, read = json.loads(ours[2]), json.loads(theirs[2])
    except ValueError:
        return False  # another request, whose body was refused
    return bool(mine == read)


_CHAT = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
_LINE = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
_COUNTED = _LINE + b"Content-Length: %d\r\n\r\n%b" % (len(_CHAT), _CHAT)
_CHUNKED = _LINE + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(_CHAT), _CHAT)
_GET = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n"
_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
_FORM = b"grant_type=client_credentials&client_id=a"
_TOKEN = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_FORM), _FORM)
)
TARGET = Target(
    modules=(
        "bartizan.gateway.protocol",
        "bartizan.gateway.admit",
        "bartizan.gateway.stream",
        "bartizan.gateway.plane",
        "bartizan.gateway.framing",
        "bartizan.gateway.diagnosis",
        "bartizan.gateway.strangers",
    ),
    run=run,
    seeds=(
        uncut(_COUNTED),
        cut_at(_CHUNKED + _GET, 20, 150, 200),
        cut_at(_GET + _HEALTH + _COUNTED, 3, 80, 160),
        uncut(_GET.replace(b"good", b"bad") + _GET),
        uncut(_COUNTED.replace(b"Host", b"Expect: 100-continue\r\nHost")),
        cut_at(_COUNTED.replace(b"Host", b"Expect: 100-continue\r\nHost"), len(_COUNTED) - 30),
        uncut(_GET.replace(b"1.1", b"1.0") + _GET),
        uncut(_GET.replace(b"Host", b"Connection: close\r\nHost") + _GET),
        uncut(_TOKEN + _HEALTH.replace(b"GET", b"HEAD")),
        uncut(_COUNTED[:-9]),
        uncut(_GET[:30]),
        uncut(_HEALTH * 9),
        uncut(b"nonsense\r\n\r\n" + _GET),
        uncut(_COUNTED + _COUNTED.replace(b": %d\r" % len(_CHAT), b": \n\r")),
        uncut(_COUNTED * 2 + _COUNTED.replace(b": %d\r" % len(_CHAT), b":  5\r")),
    ),
    words=(
        _GET, _HEALTH, b"\r\n\r\n", b"\r\n", b"\n", b"\r", b" ", b":", b"0\r\n\r\n", b"5\r\nhello\r\n", b"\x00", b"\xff", b"{", b'"', b"//", b"%2e",
        b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: evil\r\n", b"Connection: close\r\n",
        b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Trailer: a\r\n", b"HTTP/1.0", b"HTTP/2.0", b"HEAD", b"POST", b"GET", b"DELETE",
        b"Bearer good", b"Bearer ", b"/oauth/token", b"/oauth/jwks", b"/healthz", b"/nowhere", b"Content-Encoding: gzip\r\n",
    ),
    longest=640,
)  # fmt: skip
