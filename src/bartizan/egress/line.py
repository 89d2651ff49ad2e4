"""One outbound connection that octets go over: plain, or TLS with the server's name verified. Blocking.

Rules of this file: every wait ends by one deadline, which is the caller's; an end without close_notify is
an error, never the end of data.
"""

import contextlib
import socket
from types import TracebackType
from typing import Final, Self

from OpenSSL import SSL

from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls_faults import TlsFault, TlsTruncated
from bartizan.crypto.tls_groups import group_word
from bartizan.crypto.tls_session import TlsSession
from bartizan.egress.connect import connect
from bartizan.egress.faults import CertificateRefused, HandshakeRefused, UpstreamUnreachable

_RECEIVE: Final = 65_536


class Deadline:
    """An instant by which everything must be done.

    Attributes:
        clock: what tells the time.
        until: the instant, as of that clock.
    """

    __slots__ = ("clock", "until")

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        """Start now."""
        self.clock = clock or SystemClock()
        self.until = Nanoseconds(self.clock.now() + int(seconds * SECOND))

    def left(self, where: str) -> float:
        """Return the seconds left.

        Raises:
            UpstreamUnreachable: none are.
        """
        seconds = (self.until - self.clock.now()) / SECOND
        if seconds <= 0:
            raise UpstreamUnreachable(where, "no answer in time")
        return seconds


def open_connection(
    host: str,
    port: int,
    *,
    context: SSL.Context | None,
    allowed: frozenset[str] = frozenset(),
    timeout_s: float = 10.0,
) -> "Line":
    """Return a connection, its TLS handshake done.

    Args:
        host, port: the destination; the server's certificate must be for `host`.
        context: of TLS, from `crypto.tls.client_context`; None for plain text.
        allowed: what may be reached besides public addresses; see `check.check`.
        timeout_s: for connecting and handshake, and afterwards until the line's deadline is moved.
    Raises:
        EgressFault: see the module `faults`.
    """
    deadline = Deadline(timeout_s)
    session = None if context is None else TlsSession(context, host)
    end = connect(host, port, allowed=allowed, timeout_s=timeout_s)
    return Line(end, f"{host}:{port}", deadline, session)


class Line:
    """A connected socket with or without TLS; a context manager that closes it.

    Attributes:
        where: the destination, for messages.
        deadline: by when each call must be done; may be set anew.
    """

    def __init__(
        self, end: socket.socket, where: str, deadline: Deadline, session: TlsSession | None = None
    ) -> None:
        """Take a connected socket; shake hands where there is a session.

        Raises:
            CertificateRefused, HandshakeRefused, UpstreamUnreachable: the handshake failed; the socket is closed.
        """
        self._socket, self._session = end, session
        self.where, self.deadline = where, deadline
        try:
            if session is not None:
                self._shake_hands(session)
        except BaseException:
            end.close()
            raise

    @property
    def group(self) -> str:
        """Word for the key-agreement group; `none` without TLS."""
        return "none" if self._session is None else group_word(self._session.connection)

    @property
    def version(self) -> str:
        """TLS version, as OpenSSL names it; empty without TLS."""
        return "" if self._session is None else self._session.connection.get_protocol_version_name()

    def send(self, octets: bytes) -> None:
        """Send all of `octets`.

        Raises:
            UpstreamUnreachable: the other side has closed, or takes nothing more.
        """
        if self._session is None:
            self._send_raw(octets)
            return
        try:
            self._session.write(octets)
        except TlsFault as fault:
            raise UpstreamUnreachable(self.where, str(fault)) from fault
        self._send_raw(self._session.drain())

    def recv(self) -> bytes:
        """Return what comes next, at most 64 KiB; empty when the other side has ended properly.

        Raises:
            TlsTruncated: the connection ended without close_notify.
            UpstreamUnreachable: nothing came in time, the connection broke, or a record was not authentic.
        """
        if self._session is None:
            return self._recv_raw()
        try:
            while True:
                octets = self._session.read()
                if octets or self._session.ended:
                    return octets
                received = self._recv_raw()
                if not received:
                    raise TlsTruncated
                self._session.feed(received)
        except TlsFault as fault:
            raise UpstreamUnreachable(self.where, str(fault)) from fault

    def secure(self, context: SSL.Context, host: str) -> None:
        """Go on over TLS, for protocols that agree on it in plain text; nothing may have come that was not read.

        Args:
            context: from `crypto.tls.client_context`.
            host: whom the server's certificate must be for.
        Raises:
            CertificateRefused, HandshakeRefused, UpstreamUnreachable: the handshake failed.
        """
        self._session = TlsSession(context, host)
        self._shake_hands(self._session)

    def end(self, most: int = _RECEIVE) -> None:
        """End our side, and return once the other side has read all of it and has ended too.

        It is the only sign of receipt that a stream gives: a socket that is closed with something unread, or whose
        process died before it read, answers with a reset.

        Args:
            most: octets that the other side may still say meanwhile; they are dropped.
        Raises:
            TlsTruncated: it ended without close_notify: somebody on the way may have done that.
            UpstreamUnreachable: it did not end in time, was reset, or says too much.
        """
        self._end_ours()
        while octets := self.recv():
            most -= len(octets)
            if most < 0:
                raise UpstreamUnreachable(self.where, "it says more than it is asked for")

    def _end_ours(self) -> None:
        if self._session is not None:
            self._session.finish()
            self._send_raw(self._session.drain())
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as fault:
            raise self._broken(fault) from fault

    def close(self) -> None:
        """Send close_notify if that can be done at once, then close."""
        with contextlib.suppress(OSError), self._socket:
            if self._session is not None:
                self._session.finish()
                self._socket.setblocking(False)
                self._socket.send(self._session.drain())

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _shake_hands(self, session: TlsSession) -> None:
        try:
            while not session.handshake():
                self._send_raw(session.drain())
                received = self._recv_raw()
                if not received:
                    raise TlsFault("closed-early", "the server closed during the handshake")
                session.feed(received)
        except TlsFault as fault:
            with contextlib.suppress(OSError):
                self._send_raw(session.drain())  # the alert tells the server why
            if fault.word == "certificate-refused":
                raise CertificateRefused(self.where, fault.detail) from fault
            raise HandshakeRefused(self.where, fault.word, fault.detail) from fault
        self._send_raw(session.drain())

    def _send_raw(self, octets: bytes) -> None:
        try:
            self._socket.settimeout(self.deadline.left(self.where))
            self._socket.sendall(octets)  # its limit is for all of it
        except UpstreamUnreachable:
            raise
        except OSError as fault:
            raise self._broken(fault) from fault

    def _recv_raw(self) -> bytes:
        try:
            self._socket.settimeout(self.deadline.left(self.where))
            return self._socket.recv(_RECEIVE)
        except UpstreamUnreachable:
            raise
        except OSError as fault:
            raise self._broken(fault) from fault

    def _broken(self, fault: OSError) -> UpstreamUnreachable:
        late = isinstance(fault, TimeoutError)
        return UpstreamUnreachable(self.where, "no answer in time" if late else "the connection broke")
