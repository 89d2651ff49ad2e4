"""TLS: whatever a stranger sends, either end of a connection takes it, waits, or says one word and is done.

The first octet chooses whose end it is, and whether what follows is an honest first flight with octets replaced.
"""

import functools
from typing import Literal

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from bartizan.clock import SystemClock
from bartizan.crypto.tls import client_context, server_context
from bartizan.crypto.tls_faults import FAULTS, TlsFault
from bartizan.crypto.tls_session import TlsSession
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf
from fuzz.cuts import parts_of, uncut
from fuzz.target import Target

_NAMES = ("localhost",)
Side = Literal["server", "client"]


@functools.cache
def _contexts() -> tuple[SSL.Context, SSL.Context]:
    now = SystemClock().now()
    authority, key = make_authority("server", _NAMES, now)
    leaf_key, request = leaf_request(_NAMES)
    chain = sign_leaf(authority, key, request, _NAMES, now)
    return server_context(chain, leaf_key, pq="preferred"), client_context(
        authority.public_bytes(Encoding.PEM)
    )


def _begun(side: int) -> TlsSession:
    server, client = _contexts()
    return TlsSession(client, "localhost") if side else TlsSession(server)


@functools.cache
def _flights() -> tuple[bytes, bytes]:
    """Return what an honest client says first, and what the server says to it."""
    client, server = _begun(1), _begun(0)
    client.handshake()
    hello = client.drain()
    server.feed(hello)
    server.handshake()
    return hello, server.drain()


def run(data: bytes) -> str:
    choice, data = (data[0], data[1:]) if data else (0, b"")
    octets, parts = parts_of(data)
    if choice & 2 and len(octets) > 2:
        flight = _flights()[choice & 1]
        place = int.from_bytes(octets[:2], "big") % len(flight)
        parts = [flight[:place], octets[2:] + flight[place + len(octets) - 2 :]]
    session = _begun(choice & 1)
    word = "waits"
    for part in parts:
        session.feed(part)
        try:
            if session.handshake():
                word = "done"
                break
        except TlsFault as fault:
            assert fault.word in FAULTS
            word = fault.word
            break
    assert len(session.drain()) < 20_000
    assert word != "done" or not choice & 1, "a client took a server that it has not met"
    return f"{choice & 3} {word}"


TARGET = Target(
    modules=("bartizan.crypto.tls_session",),
    run=run,
    seeds=(
        b"\0" + uncut(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
        b"\0" + uncut(b"\x15\x03\x03\x00\x02\x02\x30"),
        b"\0" + uncut(b"GET / HTTP/1.1\r\n\r\n"),
        b"\1" + uncut(b"\x16\x03\x03\x00\x04\x02\x00\x00\x00"),
        b"\2" + uncut(b"\0\x05\x01"),
        b"\3" + uncut(b"\0\x05\x02"),
        b"\2" + uncut(b"\0\x2c\xff\xff"),
    ),
    words=(b"\x16\x03\x01", b"\x16\x03\x03", b"\x17\x03\x03", b"\x14\x03\x03\x00\x01\x01", b"\x15\x03\x03\x00\x02", b"\x01\x00", b"\x00\x2b", b"\x00\x33", b"\x11\xec", b"\x03\x04"),
    longest=600,
)  # fmt: skip
