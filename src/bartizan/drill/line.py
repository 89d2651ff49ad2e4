"""One connection to a front door, and whatever octets somebody wants to send over it.

Rules of this file: blocking, every wait bounded; nothing is checked or repaired on the way out, because
what leaves here is meant to be hostile. The server's certificate is verified all the same: the drill must
attack the platform, not somebody who took its port.
"""

import contextlib
import select
import socket
from types import TracebackType
from typing import Final, Self

from OpenSSL import SSL

from bartizan.crypto.tls import group_word
from bartizan.crypto.tls_session import TlsFault, TlsSession

WAIT_S: Final = 5.0
"""Longest wait for one read or write, in seconds."""
_RECEIVE: Final = 65536


class Line:
    """A connection, encrypted where a context is given; a context manager that closes it."""

    def __init__(self, connected: socket.socket, context: SSL.Context | None = None, name: str = "") -> None:
        """Take a connected socket, and shake hands where there is a context.

        Args:
            connected: closed with this line.
            context: of TLS; None for a platform that speaks plain HTTP.
            name: of the server, which its certificate must be for.
        Raises:
            TlsFault: the handshake failed.
            OSError: the connection broke (TimeoutError: nothing came in time).
        """
        self._socket = connected
        self._socket.settimeout(WAIT_S)
        try:
            self._session = None if context is None else TlsSession(context, name)
            if self._session is not None:
                self._shake_hands(self._session)
        except BaseException:
            self._socket.close()
            raise

    @property
    def group(self) -> str:
        """Word for the key-agreement group, as the ledger's vocabulary has it."""
        return "none" if self._session is None else group_word(self._session.connection)

    def write(self, octets: bytes) -> None:
        """Send all of `octets`.

        Raises:
            OSError: the other side has closed, or takes nothing more (TimeoutError).
        """
        if self._session is None:
            self._socket.sendall(octets)
        else:
            self._session.write(octets)
            self._socket.sendall(self._session.drain())

    def read(self) -> bytes:
        """Return what comes next; empty when the other side has ended.

        Raises:
            OSError: nothing came in time (TimeoutError), or the connection broke.
        """
        while True:
            if self._session is None:
                return self._socket.recv(_RECEIVE)
            octets = self._session.read()
            if octets or self._session.ended:
                return octets
            received = self._socket.recv(_RECEIVE)
            if not received:
                return b""
            self._session.feed(received)

    def waiting(self) -> bool:
        """Return whether something has come in already."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def patience(self, seconds: float) -> None:
        """Set the longest wait for one read or write."""
        self._socket.settimeout(seconds)

    def close(self) -> None:
        """Close without a farewell."""
        self._socket.close()

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
                self._socket.sendall(session.drain())
                received = self._socket.recv(_RECEIVE)
                if not received:
                    raise TlsFault("closed-early", "the other side closed during the handshake")
                session.feed(received)
        except TlsFault:
            with contextlib.suppress(OSError):
                self._socket.sendall(session.drain())
            raise
        self._socket.sendall(session.drain())
