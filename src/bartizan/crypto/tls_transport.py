"""TLS between a raw asyncio transport and a protocol that knows nothing of it.

Rules of this file: one handshake under a clock and a byte limit, then records both ways with the raw
transport's own back-pressure. What one turn of the loop makes is drained once and written once. A
connection ends in one place, `connection_lost`, and the inner protocol learns there whether its data may
have been cut short. Works under asyncio and uvloop, on the server's and the client's side.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from OpenSSL import SSL
from typing_extensions import override

from bartizan.crypto.tls_faults import TlsFault, TlsTruncated
from bartizan.crypto.tls_phase import Phase
from bartizan.crypto.tls_plaintext import TlsTransport
from bartizan.crypto.tls_session import CHUNK, TlsSession

HELLO_OCTETS: Final = 16_384
"""Most bytes that a client may send before the handshake is done; two hybrid ClientHellos are 4 KB."""
CHAIN_OCTETS: Final = 131_072
"""Most bytes that a server may send before the handshake is done: its chain, ML-DSA included."""
HANDSHAKE_SECONDS: Final = 10.0
LINGER_SECONDS = 30.0
LINGER_OCTETS: Final = 16_384
"""After `close`, a peer must take so much this often of what is still to be sent, or all of it, or it is cut."""
SLICE: Final = 262_144
"""Most plaintext encrypted at once, in bytes, so that one large write is not held three times."""

PLAIN_HTTP_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 52\r\n\r\n"
    b"This port speaks TLS: use https:// instead of http.\n"
)
"""What a client that speaks HTTP without TLS reads; a constant, so that it tells nothing about the service."""
_HANDSHAKE, _OPEN, _CLOSED = Phase  # looking a member up costs five times as much


def _ignore(_word: str) -> None:
    pass


class TlsProtocol(asyncio.Protocol):
    """The protocol that a raw transport sees; the inner one sees a `TlsTransport`.

    The inner protocol comes into being when the handshake is done. Its `connection_lost` gets `TlsTruncated`
    when the peer's stream ended without close_notify, `TlsFault` when a record was not authentic.

    Attributes:
        raw, session, inner: the transport below, the TLS in between, the protocol above; a server's TLS comes into
            being with the first octets from the client.
        phase: where the connection stands.
        paused: the inner protocol does not want to receive.
        undrained: bytes of plaintext encrypted in this turn and not yet written.
    """

    def __init__(
        self,
        factory: Callable[[], asyncio.Protocol],
        context: SSL.Context,
        *,
        server_hostname: str | None = None,
        handshake_seconds: float = HANDSHAKE_SECONDS,
        on_refused: Callable[[str], None] = _ignore,
    ) -> None:
        """Wait for a raw transport.

        Args:
            factory: makes the inner protocol, once the handshake is done.
            context: from `tls.server_context`, or from `tls.client_context` on the client's side.
            server_hostname: given on the client's side: name or address that the certificate must be for.
            handshake_seconds: how long the handshake may take.
            on_refused: called once with a word of `tls_faults.FAULTS` when there was no connection.
        Raises:
            NameUnusable: `server_hostname` is neither a DNS name nor an address.
        """
        self._factory, self._on_refused = factory, on_refused
        self.session: TlsSession
        self._context, self._begun = context, False
        self._client = server_hostname is not None
        if server_hostname is not None:
            self._begin(server_hostname)
        self._budget = CHAIN_OCTETS if self._client else HELLO_OCTETS
        self._seconds = handshake_seconds
        self.phase = _HANDSHAKE
        self.paused = self._batch = self._raw_ended = self._half_open = self._gone = False
        self.undrained = 0
        self._cause: Exception | None = None
        self.inner: asyncio.Protocol | None = None
        self.raw: asyncio.Transport
        self._timer: asyncio.TimerHandle

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the handshake and its clock."""
        self.raw = cast("asyncio.Transport", transport)  # uvloop's transports are of no asyncio class
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._refuse, "timeout")
        if self._client:
            self._shake(b"")

    @override
    def data_received(self, data: bytes) -> None:
        """Decrypt what has come and hand it on."""
        if self.phase is _OPEN:
            self.session.feed(data)
            self._pump()
        elif self.phase is _HANDSHAKE:
            self._shake(data)

    @override
    def eof_received(self) -> bool:
        """Tell an end by close_notify from a cut; return whether the raw transport stays open."""
        if self.phase is _HANDSHAKE:
            self._refuse("closed-early")
            return False
        self._raw_ended = True
        if self.paused:
            return True  # what was received before is still to be read; `_pump` decides then
        self._pump()
        return self.phase is _OPEN

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the inner protocol, with the cause that TLS saw before the raw transport's."""
        handshaking, self.phase = self.phase is _HANDSHAKE, _CLOSED
        self._gone = True
        self._timer.cancel()
        if handshaking:
            self._refused("closed-early")
        inner, self.inner = self.inner, None
        if inner is not None:
            inner.connection_lost(self._cause or exc)

    @override
    def pause_writing(self) -> None:
        """Pass the raw transport's back-pressure on."""
        if self.inner is not None:
            self.inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        """Pass the end of the raw transport's back-pressure on."""
        if self.inner is not None:
            self.inner.resume_writing()

    def _begin(self, server_hostname: str | None = None) -> None:
        self.session, self._begun = TlsSession(self._context, server_hostname), True

    def _shake(self, data: bytes) -> None:
        if not self._begun:
            self._begin()
        taken = data[: self._budget]
        self._budget -= len(taken)
        try:
            if taken:
                self.session.feed(taken)
            done = self.session.handshake()
        except TlsFault as fault:
            self._refuse(fault.word)
            return
        self._flush()
        if done:
            self._open(data[len(taken) :])
        elif not self._budget:
            self._refuse("too-large")

    def _open(self, rest: bytes) -> None:
        self._timer.cancel()
        self.phase = _OPEN
        self.inner = self._factory()
        self.inner.connection_made(TlsTransport(self))
        if rest:
            self.session.feed(rest)
        self._pump()

    def _refuse(self, word: str) -> None:
        """End a handshake that cannot succeed: alert, count, close."""
        if self.phase is not _HANDSHAKE:
            return
        self.phase = _CLOSED
        self._timer.cancel()
        self._refused(word)
        last = self.session.drain() if self._begun else b""
        self._say_last(PLAIN_HTTP_ANSWER if word == "http-on-tls" else last)

    def _refused(self, word: str) -> None:
        """Tell who wanted to know that there was no connection."""
        self._on_refused(word)

    def _say_last(self, octets: bytes) -> None:
        """Write the last words if the peer keeps up; never wait for one that does not."""
        if octets and not self.raw.get_write_buffer_size():
            self.raw.write(octets)
            self._leave()
        else:
            self.raw.abort()

    def _pump(self) -> None:
        """Hand on all plaintext there is, then write what the inner protocol answered meanwhile."""
        session = self.session
        self._batch = True
        try:
            while self.phase is _OPEN and not self.paused and self.inner is not None:
                data = session.read()
                if not data:
                    break
                self.inner.data_received(data)
        except TlsFault as fault:
            self._cut(fault)
        finally:
            self._batch = False
        if self.phase is _OPEN:
            self._flush()
            if not self.paused:
                self._ended()

    def _ended(self) -> None:
        """After the last plaintext: act on close_notify, or on the lack of it."""
        if self.session.ended and not self._half_open:
            self._half_open = True
            if self.inner is None or not self.inner.eof_received():
                self.close()
        elif self._raw_ended and not self.session.ended:
            self._cut(TlsTruncated())

    def _cut(self, cause: Exception) -> None:
        if self.phase is _OPEN:
            self.phase, self._cause = _CLOSED, cause
            self._say_last(self.session.drain())

    @property
    def is_open(self) -> bool:
        """Whether data goes both ways: after the handshake, and before either end of it."""
        return self.phase is _OPEN

    def send(self, octets: bytes | bytearray | memoryview) -> None:
        """Encrypt and send, at the end of the turn when one is under way; nothing once it closes."""
        if self.phase is not _OPEN or not octets:
            return
        try:
            if len(octets) <= SLICE:
                self.session.write(octets)
                self.undrained += len(octets)
            else:
                self._write_slices(octets)
        except TlsFault as fault:
            self._cut(fault)
            return
        if not self._batch or self.undrained > CHUNK:
            self._flush()

    def _write_slices(self, octets: bytes | bytearray | memoryview) -> None:
        view = memoryview(octets).cast("B")
        for start in range(0, len(view), SLICE):
            self.session.write(view[start : start + SLICE])
            self._flush()

    def _flush(self) -> None:
        self.undrained = 0
        records = self.session.drain()
        if records:
            self.raw.write(records)

    def abort(self) -> None:
        """Close at once; what is queued is lost."""
        if not self._gone:  # asyncio's own transport takes it ill after its end
            self.raw.abort()

    def close(self) -> None:
        """Send close_notify and close, once everything written is sent."""
        if self.phase is _OPEN:
            self.phase = _CLOSED
            self.session.finish()
            self._flush()
            self._leave()

    def _leave(self) -> None:
        """Close below once everything is sent; a peer that takes nothing any more does not hold it open."""
        self.raw.close()
        if self.raw.get_write_buffer_size():
            self._linger(self.raw.get_write_buffer_size() + LINGER_OCTETS)

    def _linger(self, before: int) -> None:
        left = self.raw.get_write_buffer_size()
        if left > before - LINGER_OCTETS and left:
            self.raw.abort()
        elif left:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._linger, left)

    def pause(self) -> None:
        """Stop receiving, down to the socket."""
        if not self.paused and self.phase is _OPEN:
            self.paused = True
            self.raw.pause_reading()

    def resume(self) -> None:
        """Receive again, first what waits here."""
        if self.paused and self.phase is _OPEN:
            self.paused = False
            if not self._raw_ended:
                self.raw.resume_reading()
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        if self.phase is _OPEN and not self.paused:
            self._pump()
