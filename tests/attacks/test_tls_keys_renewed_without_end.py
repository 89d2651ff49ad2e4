"""A peer that renews its keys without end: 27 octets each, and a hundred times the work of as many octets of data.

The client is OpenSSL itself, by Python's own ssl: of all that a peer may say after the handshake, renewing keys is
the one thing that costs much and that nobody needs more than now and then.
"""

import contextlib
import ctypes
import ssl
from pathlib import Path

import pytest
from OpenSSL._util import lib

from bartizan.crypto.tls_faults import TlsFault
from bartizan.crypto.tls_session import FED, MOST_TURNS, TlsSession
from tests.crypto.scene import client, files, server, stdlib_client

_OBJECT_OCTETS = 24
"""Where CPython's ssl object holds its SSL pointer: behind the object's head and its socket."""


class Renewing:
    """A peer that can renew its keys, and our end of the connection with it, in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        """Be a client; with a folder for its certificate, a server, whose client is ours."""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        if folder is None:
            context, ours = stdlib_client(), TlsSession(server())
            self._peer = context.wrap_bio(self._in, self._out, server_hostname="localhost")
        else:
            context, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), TlsSession(client(), "localhost")
            context.load_cert_chain(files(folder)[1])
            self._peer = context.wrap_bio(self._in, self._out, server_side=True)
        self.ours = ours
        self._library = ctypes.CDLL("libssl.so.3")
        self._library.OpenSSL_version.restype = ctypes.c_char_p
        assert self._library.OpenSSL_version(0).decode() == ssl.OPENSSL_VERSION, (
            "not the library of Python's ssl"
        )
        place = id(self._peer._sslobj) + _OBJECT_OCTETS  # type: ignore[attr-defined]
        self._pointer = ctypes.c_void_p(ctypes.c_void_p.from_address(place).value)
        for _ in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                self._peer.do_handshake()
            ours.feed(self._out.read())
            ours.handshake()
            self._in.write(ours.drain())

    def renewals(self, number: int, *, answered: bool = False) -> bytes:
        """Return so many renewals, each under the key before it."""
        for _ in range(number):
            assert self._library.SSL_key_update(self._pointer, int(answered)) == 1
            assert self._library.SSL_do_handshake(self._pointer) == 1
        return self._out.read()

    def data(self, octets: bytes) -> bytes:
        self._peer.write(octets)
        return self._out.read()


@pytest.mark.parametrize("answered", [False, True], ids=["unanswered", "answered"])
def test_they_are_cut_short_and_what_came_before_is_read(answered: bool) -> None:  # noqa: FBT001
    play = Renewing()
    play.ours.feed(play.data(b"before") + play.renewals(5000, answered=answered) + play.data(b"after"))
    assert play.ours.read() == b"before"
    with pytest.raises(TlsFault, match="renews its keys"):
        play.ours.read()
    with pytest.raises(TlsFault, match="renews its keys"):
        play.ours.read()
    # so little was looked at that others hardly waited
    assert play.ours._turned < MOST_TURNS + 5 * FED / 27
    assert len(play.ours._waiting) > 27 * 5000 - 2 * FED


def test_data_between_them_does_not_begin_the_count_anew() -> None:
    play = Renewing()
    for _ in range(MOST_TURNS // 3):
        play.ours.feed(play.data(b"x") + play.renewals(1))
        assert play.ours.read() == b"x"
    play.ours.feed(play.renewals(1))
    with pytest.raises(TlsFault, match="renews its keys"):
        play.ours.read()


def test_now_and_then_is_what_honest_peers_do() -> None:
    play = Renewing()
    for _ in range(100):
        play.ours.feed(play.renewals(1, answered=True) + play.data(b"x"))
        assert play.ours.read() == b"x"


def test_an_upstream_is_held_to_the_same(tmp_path: Path) -> None:
    play = Renewing(tmp_path)
    play.ours.feed(play.data(b"before") + play.renewals(5000) + play.data(b"after"))
    assert play.ours.read() == b"before"
    with pytest.raises(TlsFault, match="renews its keys"):
        play.ours.read()


def test_what_interrupts_the_counting_interrupts_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal's handler may run inside OpenSSL's callback, where nothing that it raises could get out."""
    play = Renewing()

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(lib, "SSL_CB_LOOP", type("Bit", (), {"__rand__": interrupted})(), raising=False)
    play.ours.feed(play.renewals(1) + play.data(b"x"))
    with pytest.raises(KeyboardInterrupt):
        play.ours.read()
