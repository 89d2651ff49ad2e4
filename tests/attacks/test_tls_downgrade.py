"""Somebody in between strikes the hybrid share from a ClientHello. The handshake fails; it never goes on weaker."""

import pytest

from bartizan.crypto.tls_faults import TlsFault
from bartizan.crypto.tls_session import TlsSession
from tests.crypto.scene import client, server

HYBRID_GROUP = (0x11EC).to_bytes(2, "big")
UNKNOWN_GROUP = (0x2A2A).to_bytes(2, "big")


def test_a_hello_that_was_changed_on_the_way_ends_the_handshake() -> None:
    ours, theirs = TlsSession(client(), "localhost"), TlsSession(server())
    ours.handshake()
    hello = ours.drain()
    assert hello.count(HYBRID_GROUP) >= 2  # in the groups and in the key share
    theirs.feed(hello.replace(HYBRID_GROUP, UNKNOWN_GROUP))
    with pytest.raises(TlsFault):
        go_on(ours, theirs)


def go_on(ours: TlsSession, theirs: TlsSession) -> None:
    for _ in range(3):
        theirs.handshake()
        ours.feed(theirs.drain())
        ours.handshake()
        theirs.feed(ours.drain())
