"""TLS over memory: the records of one connection, in and out, without a socket.

Rules of this file: it knows OpenSSL and nothing of event loops or sockets, so the gateway (asyncio) and
egress (threads) share it. The hot calls go straight to OpenSSL through pyOpenSSL's own binding: an exception
for each "nothing more to read" would cost more than the decryption of a small record. A fault is one word
of the closed set `FAULTS`; OpenSSL's text stays here.
"""

import ipaddress
import re
import threading
from typing import Any, Final

from OpenSSL import SSL
from OpenSSL._util import ffi, lib

from bartizan.crypto.tls_faults import NameUnusable, TlsFault, cause
from bartizan.crypto.tls_turns import raise_interruption, turns

CHUNK: Final = 65_536
"""Most plaintext that one `read` returns, in bytes: four full records."""

_DNS: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")

FED: Final = 2 * 16_406
"""Octets that OpenSSL gets at a time, two full records, so that there is a look at what it did with them."""
MOST_TURNS: Final = 1024
"""Turns of OpenSSL's handshake machine that a peer may cause after the handshake, over a connection's whole life.

A KeyUpdate takes three, or five where it wants an answer, costs a hundred times what its 27 octets otherwise
would, and honest peers send one in 2**24 records; a session ticket takes three, and comes once or twice.
"""

_scratch_of_thread = threading.local()


class TlsSession:
    """One end of a TLS connection over two memory buffers.

    Attributes:
        connection: pyOpenSSL's view of it: group, version, certificates.
        ended: the peer has sent close_notify.
    """

    __slots__ = ("_fault", "_from", "_into", "_more", "_ssl", "_turned", "_waiting", "connection", "ended")

    def __init__(self, context: SSL.Context, server_hostname: str | None = None) -> None:
        """Begin a connection.

        Args:
            context: from `tls.server_context` or `tls.client_context`.
            server_hostname: given on the client's side: the DNS name or address that the server's
                certificate must be for; absent on the server's side.
        Raises:
            NameUnusable: the name is neither.
        """
        self.connection = SSL.Connection(context)
        self._ssl: Any = self.connection._ssl  # noqa: SLF001 - the binding below pyOpenSSL
        self._into: Any = self.connection._into_ssl  # noqa: SLF001
        self._from: Any = self.connection._from_ssl  # noqa: SLF001
        self._more = False
        self._turned = 0
        self._waiting = bytearray()
        self._fault: TlsFault | None = None
        self.ended = False
        if server_hostname is None:
            self.connection.set_accept_state()
        else:
            _expect(self.connection, self._ssl, server_hostname)
            self.connection.set_connect_state()

    @property
    def resumed(self) -> bool:
        """Whether the handshake continued an earlier session."""
        return bool(lib.SSL_session_reused(self._ssl))

    def feed(self, octets: bytes) -> None:
        """Take what has come from the peer; `handshake` or `read` then works on it."""
        lib.ERR_clear_error()  # an old entry of this thread's queue would be taken for this connection's
        self._more = True
        if self._waiting:
            self._waiting += octets
        elif len(octets) <= FED:
            self._give(octets)
        else:
            view = memoryview(octets)
            self._give(view[:FED])
            self._waiting += view[FED:]

    def _give(self, octets: bytes | memoryview) -> None:
        with ffi.from_buffer(octets) as view:
            if lib.BIO_write(self._into, view, len(view)) != len(view):
                raise TlsFault("too-large", "no memory for received data")

    def _give_more(self) -> bool:
        """Give OpenSSL a little of what waits; return whether there was any."""
        if not self._waiting:
            return False
        with memoryview(self._waiting) as view, view[:FED] as octets:
            self._give(octets)
        del self._waiting[:FED]
        return True

    def handshake(self) -> bool:
        """Go on with the handshake as far as what was fed allows; return whether it is done.

        Raises:
            TlsFault: it cannot succeed; `drain` may hold an alert for the peer.
        """
        while True:
            lib.ERR_clear_error()
            result = lib.SSL_do_handshake(self._ssl)
            raise_interruption()
            if result == 1:
                return True
            self._settle(result)
            if self.ended:
                raise TlsFault("closed-early", "the peer closed during the handshake")
            if not self._give_more():
                return False

    def read(self) -> bytes:
        """Return plaintext, at most `CHUNK` bytes; empty when more must be fed or the peer has ended.

        Raises:
            TlsFault: a record is not authentic or not well formed; all plaintext before it was returned.
        """
        self._raise_kept()
        if not self._more:
            return b""
        buffer = _scratch()
        filled = turns.count = 0
        while filled < CHUNK:
            got = lib.SSL_read(self._ssl, buffer + filled, CHUNK - filled)
            if got > 0:
                filled += got
                if lib.BIO_get_mem_data(self._into, ffi.NULL) or lib.SSL_pending(self._ssl):
                    continue
            if not self._goes_on(got):
                break
        else:
            self._turned += turns.count
        if not filled:
            self._raise_kept()
        return ffi.buffer(buffer, filled)[:] if filled else b""

    def _raise_kept(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _goes_on(self, result: int) -> bool:
        """Settle a read after which OpenSSL has nothing more to say; return whether it was given more to read.

        A fault is kept until all plaintext before it was returned.
        """
        self._more = False
        raise_interruption()
        try:
            if result <= 0:
                self._settle(result)
            self._turned, turns.count = self._turned + turns.count, 0
            if self._turned > MOST_TURNS:
                raise TlsFault("garbage", "the other side renews its keys without end")
            self._more = not self.ended and self._give_more()
        except TlsFault as fault:
            self._fault = fault
        return self._more

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Encrypt all of `octets`; the records wait for `drain`.

        Raises:
            TlsFault: the connection cannot send any more.
        """
        with ffi.from_buffer(octets) as view:
            sent, length = 0, len(view)
            while sent < length:
                result = lib.SSL_write(self._ssl, view + sent, length - sent)
                raise_interruption()
                if result <= 0:
                    raise TlsFault(*cause())
                sent += result

    def drain(self) -> bytes:
        """Return every byte that waits to be sent to the peer."""
        buffer = _scratch()
        got = lib.BIO_read(self._from, buffer, CHUNK)
        if got < CHUNK:
            return ffi.buffer(buffer, got)[:] if got > 0 else b""
        parts: list[bytes] = []
        while got > 0:
            parts.append(ffi.buffer(buffer, got)[:])
            got = lib.BIO_read(self._from, buffer, CHUNK)
        return b"".join(parts)

    def finish(self) -> None:
        """Queue close_notify; nothing can be written afterwards."""
        lib.ERR_clear_error()
        lib.SSL_shutdown(self._ssl)  # during a handshake it refuses, which changes nothing here
        lib.ERR_clear_error()

    def _settle(self, result: int) -> None:
        code = lib.SSL_get_error(self._ssl, result)
        if code == lib.SSL_ERROR_ZERO_RETURN:
            self.ended = True
        elif code != lib.SSL_ERROR_WANT_READ:
            word, detail = cause()
            if word == "certificate-refused":
                verdict = lib.X509_verify_cert_error_string(lib.SSL_get_verify_result(self._ssl))
                detail = f"certificate refused: {ffi.string(verdict).decode('ascii', 'replace')}"
            raise TlsFault(word, detail)


def _scratch() -> Any:  # noqa: ANN401 - a cffi array has no type of its own
    """Return this thread's buffer of `CHUNK` bytes: the binding releases the GIL, so threads cannot share."""
    try:
        return _scratch_of_thread.buffer
    except AttributeError:
        _scratch_of_thread.buffer = ffi.new("char[]", CHUNK)
        return _scratch_of_thread.buffer


def _expect(connection: SSL.Connection, ssl: Any, name: str) -> None:  # noqa: ANN401 - a cffi pointer
    """Have OpenSSL verify that the certificate is for this name, and send the name to the server."""
    parameters = lib.SSL_get0_param(ssl)
    lib.X509_VERIFY_PARAM_set_hostflags(
        parameters, lib.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | lib.X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    )
    try:
        packed = ipaddress.ip_address(name).packed
    except ValueError:
        octets = _dns(name)
        connection.set_tlsext_host_name(octets)
        done = lib.X509_VERIFY_PARAM_set1_host(parameters, octets, len(octets))
    else:
        done = lib.X509_VERIFY_PARAM_set1_ip(parameters, packed, len(packed))
    if done != 1:
        raise NameUnusable


def _dns(name: str) -> bytes:
    """Return the name's octets; an empty one would switch verification off, so it is refused."""
    plain = name.removesuffix(".")
    if _DNS.fullmatch(plain) is None:
        raise NameUnusable
    return plain.encode("ascii")
