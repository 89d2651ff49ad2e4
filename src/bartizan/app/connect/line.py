"""Connections to the gateway: opened when needed, kept for a while, dropped at the first doubt.

Rules of this file: a connection goes back only after an answer that ended where its framing said. The certificate is
for the gateway's name, from the authority that was named, whatever the name resolves to.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

import msgspec
from OpenSSL import SSL
from typing_extensions import override

from bartizan.app.connect.thread import aside
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.egress.connect import connect
from bartizan.gateway.answer_head import UNTIL_CLOSE, AnswerHead, read_answer
from bartizan.gateway.bounds import HEAD_OCTETS, INTERIM
from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt, UntilClose
from bartizan.gateway.request import CHUNKED, END

READ: Final = 65_536
"""Octets that are read at once; twice as many wait at most."""
DIAL_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 30.0
"""How long an unused connection is kept; the gateway closes one after 75 s."""
IDLE_MOST: Final = 32
_ALIVE: Final = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 6))
"""A gateway whose machine is gone says nothing, as one does that waits for its service: it is asked, and missed after 90 s."""
_FIRST_FINAL: Final = 200
_SWITCHING: Final = 101


class GatewayAway(ConnectionError):
    """The gateway cannot be reached, or went away without an answer; the message says which."""


class Gateway(msgspec.Struct, frozen=True):
    """Where the gateway is.

    Attributes:
        host, port: its name or address, which its certificate is for, and its port.
        context: of TLS; None for plain HTTP, which a gateway speaks on loopback only.
    """

    host: str
    port: int
    context: SSL.Context | None

    @property
    def authority(self) -> bytes:
        """Value of the Host field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 80 if self.context is None else 443
        return host.encode() if self.port == usual else f"{host}:{self.port}".encode()

    @property
    def url(self) -> bytes:
        """Its URL, without a path."""
        return (b"http://" if self.context is None else b"https://") + self.authority


class Line:
    """One connection to the gateway.

    Attributes:
        reader, writer: its two directions.
        group: key-agreement group of its TLS, `none` without.
        served: whether an answer has come on it.
        unread: octets that have come and were not read.
    """

    __slots__ = ("_rest", "group", "reader", "served", "unread", "writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both directions of an open connection."""
        self.reader, self.writer = reader, writer
        self.group = str(writer.get_extra_info("group", "none"))
        self.served, self.unread, self._rest = False, 0, b""

    @property
    def usable(self) -> bool:
        """Whether a request may go out on it: it is open, and nothing has come that nobody asked for."""
        return not (self._rest or self.unread or self.writer.is_closing() or self.reader.at_eof())

    async def answer(self) -> tuple[AnswerHead, list[bytes]]:
        """Return what the head of the next answer says, and its fields as they are passed on, without framing.

        Raises:
            GatewayAway: the connection ended without one.
            FramingDoubt: it is not certain what it says.
        """
        for _ in range(INTERIM):
            octets = await self._head()
            head = read_answer(octets)
            if head.status >= _FIRST_FINAL:
                self.served = True
                return head, _passed_on(octets)
            if head.status == _SWITCHING:
                break
        raise FramingDoubt("upstream-malformed")

    async def _head(self) -> bytes:
        data = self._rest
        while (end := data.find(END)) < 0:
            if len(data) > HEAD_OCTETS:
                raise FramingDoubt("upstream-malformed")
            try:
                more = await self._read()
            except ConnectionError:
                more = b""
            if not more:
                raise GatewayAway("it closed the connection without an answer")
            data += more
        self._rest = data[end + len(END) :]
        return data[:end]

    async def more(self) -> bytes:
        """Return the next octets of the answer's body; none at the connection's end."""
        rest, self._rest = self._rest, b""
        return rest or await self._read()

    async def _read(self) -> bytes:
        data = await self.reader.read(READ)
        self.unread -= len(data)
        return data

    def put_back(self, octets: bytes) -> None:
        """Take note of octets read past the answer's end: the connection is not used again."""
        self._rest = octets

    def drop(self) -> None:
        """End it at once."""
        self.writer.transport.abort()


def body_of(head: AnswerHead, method: bytes) -> Body:
    """Return the body of an answer, to be read."""
    if method == b"HEAD":
        return Counted(0)
    if head.length == CHUNKED:
        return Chunked(None)
    return UntilClose() if head.length == UNTIL_CLOSE else Counted(head.length)


_HOP: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"dpop-nonce",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


def _passed_on(head: bytes) -> list[bytes]:
    return [line for line in head.split(b"\r\n")[1:] if line.partition(b":")[0].lower() not in _HOP]


class Lines:
    """The connections to one gateway."""

    __slots__ = ("_gateway", "_idle")

    def __init__(self, gateway: Gateway) -> None:
        """Open nothing yet."""
        self._gateway = gateway
        self._idle: dict[Line, object] = {}

    async def take(self) -> Line:
        """Return a connection for one request.

        Raises:
            GatewayAway: there is none.
        """
        while self._idle:
            line, _ = self._idle.popitem()
            if line.usable:
                return line
            line.drop()
        return await self.fresh()

    async def fresh(self) -> Line:
        """Return a new connection; raises as `take`."""
        gateway = self._gateway
        try:
            end = await aside(
                lambda: connect(
                    gateway.host,
                    gateway.port,
                    allowed=frozenset(
                        {gateway.host}
                    ),  # whoever starts this names the address, wherever it lies
                    timeout_s=DIAL_SECONDS,
                ),
                socket.socket.close,
            )
            return await _open(end, gateway)
        except OSError as fault:
            raise GatewayAway(str(fault)) from fault

    def give(self, line: Line) -> None:
        """Keep a connection for the next request, for a while."""
        if line.usable and len(self._idle) < IDLE_MOST:
            self._idle[line] = mark = object()
            asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, line, mark)
        else:
            line.drop()

    def close(self) -> None:
        """Close what is kept."""
        for line in self._idle:
            line.drop()
        self._idle.clear()

    def _expire(self, line: Line, mark: object) -> None:
        """Close a connection that has not been used since it was marked so."""
        if self._idle.get(line) is mark:
            del self._idle[line]
            line.drop()


class _Answers(asyncio.StreamReaderProtocol):
    """The protocol above TLS; comes into being when the handshake is done."""

    def __init__(self, opened: "asyncio.Future[Line]") -> None:
        self._own = asyncio.StreamReader(limit=READ)
        super().__init__(self._own)
        self._opened = opened
        self._line: Line | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        stream = cast("asyncio.Transport", transport)
        writer = asyncio.StreamWriter(stream, self, self._own, asyncio.get_running_loop())
        if self._opened.done():
            stream.abort()  # who wanted it has left
        else:
            self._line = Line(self._own, writer)
            self._opened.set_result(self._line)

    @override
    def data_received(self, data: bytes) -> None:
        if self._line is not None:
            self._line.unread += len(data)
        super().data_received(data)


async def _open(end: socket.socket, gateway: Gateway) -> Line:
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Line] = loop.create_future()

    def refused(word: str) -> None:
        if not opened.done():
            opened.set_exception(GatewayAway(f"{gateway.host}: TLS: {_MEANT.get(word, word)}"))

    def outer() -> asyncio.Protocol:
        inner: Callable[[], asyncio.Protocol] = lambda: _Answers(opened)  # noqa: E731 - typed for both uses
        if gateway.context is None:
            return inner()
        return TlsProtocol(inner, gateway.context, server_hostname=gateway.host, on_refused=refused)

    end.setblocking(False)
    for option, value in _ALIVE:
        end.setsockopt(socket.IPPROTO_TCP, option, value)
    try:
        raw, _ = await loop.create_connection(outer, sock=end)
    except BaseException:
        end.close()
        raise
    try:
        return await opened
    except BaseException:
        raw.abort()
        raise


_MEANT: Final = {
    "certificate-refused": "its certificate is not for this name, or not of the authority that was named",
    "no-shared-group": "it offers no quantum-safe key agreement, which --pq required asks for",
    "refused-by-peer": "it refuses the terms: it may offer no quantum-safe key agreement, which --pq required asks for",
    "timeout": "the handshake took more than ten seconds",
    "closed-early": "it closed during the handshake",
}
