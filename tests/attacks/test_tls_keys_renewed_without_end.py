"""A peer that renews its keys without end: 27 octets each, and a hundred times the work of as many octets of data.

The client is OpenSSL itself, by Python's own ssl: of all that a peer may say after the handshake, renewing keys is
the one thing that costs much and that nobody needs more than now and then.
"""

import contextlib
import ctypes
import ssl

import pytest

from bartizan.crypto.tls_session import FED, MOST_TURNS, TlsFault, TlsSession
from tests.crypto.scene import connected, server, stdlib_client

_OBJECT_OCTETS = 24
"""Where CPython's ssl object holds its SSL pointer: behind the object's head and its socket."""


class Renewing:
    """A client that can renew its keys, and the server that it is connected to, in memory."""

    def __init__(self) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._client = stdlib_client().wrap_bio(self._in, self._out, server_hostname="localhost")
        self.server = TlsSession(server())
        self._library = ctypes.CDLL("libssl.so.3")
        self._library.OpenSSL_version.restype = ctypes.c_char_p
        assert self._library.OpenSSL_version(0).decode() == ssl.OPENSSL_VERSION, (
            "not the library of Python's ssl"
        )
        place = id(self._client._sslobj) + _OBJECT_OCTETS  # type: ignore[attr-defined]
        self._pointer = ctypes.c_void_p(ctypes.c_void_p.from_address(place).value)
        for _ in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                self._client.do_handshake()
            self.server.feed(self._out.read())
            self.server.handshake()
            self._in.write(self.server.drain())

    def renewals(self, number: int, *, answered: bool = False) -> bytes:
        """Return so many renewals, each under the key before it."""
        for _ in range(number):
            assert self._library.SSL_key_update(self._pointer, int(answered)) == 1
            assert self._library.SSL_do_handshake(self._pointer) == 1
        return self._out.read()

    def data(self, octets: bytes) -> bytes:
        self._client.write(octets)
        return self._out.read()


@pytest.mark.parametrize("answered", [False, True], ids=["unanswered", "answered"])
def test_they_are_cut_short_and_what_came_before_is_read(answered: bool) -> None:  # noqa: FBT001
    play = Renewing()
    play.server.feed(play.data(b"before") + play.renewals(5000, answered=answered) + play.data(b"after"))
    assert play.server.read() == b"before"
    with pytest.raises(TlsFault, match="renews its keys"):
        play.server.read()
    with pytest.raises(TlsFault, match="renews its keys"):
        play.server.read()
    # so little was looked at that others hardly waited
    assert play.server._turned < MOST_TURNS + 5 * FED / 27
    assert len(play.server._waiting) > 27 * 5000 - 2 * FED


def test_data_between_them_does_not_begin_the_count_anew() -> None:
    play = Renewing()
    for _ in range(MOST_TURNS // 3):
        play.server.feed(play.data(b"x") + play.renewals(1))
        assert play.server.read() == b"x"
    play.server.feed(play.renewals(1))
    with pytest.raises(TlsFault, match="renews its keys"):
        play.server.read()


def test_now_and_then_is_what_honest_peers_do() -> None:
    play = Renewing()
    for _ in range(100):
        play.server.feed(play.renewals(1, answered=True) + play.data(b"x"))
        assert play.server.read() == b"x"


def test_an_upstream_is_held_to_the_same() -> None:
    one, other = connected()
    one._turned = other._turned = MOST_TURNS
    other.write(b"data alone costs no turn")
    one.feed(other.drain())
    assert one.read() == b"data alone costs no turn"
    play = Renewing()
    play.server._turned = MOST_TURNS
    play.server.feed(play.renewals(1))
    with pytest.raises(TlsFault):
        play.server.read()
