"""A client of HTTP/3, by aioquic: one request on one connection."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

Fields = Sequence[tuple[bytes, bytes]]


class _Line(QuicConnectionProtocol):  # type: ignore[misc]  # untyped for us: dev has it not
    """A connection, and what came on its one stream."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(*arguments, **named)
        self.http = H3Connection(self._quic)
        self.fields: dict[bytes, bytes] = {}
        self.body = b""
        self.done = asyncio.get_running_loop().create_future()

    def quic_event_received(self, event: object) -> None:
        for one in self.http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self.fields |= dict(one.headers)
            if isinstance(one, DataReceived):
                self.body += one.data
            if getattr(one, "stream_ended", False) and not self.done.done():
                self.done.set_result(None)


def ask(port: int, ca: Path, fields: Fields, body: bytes = b"") -> tuple[dict[bytes, bytes], bytes]:
    """Ask a server on this machine that is called localhost; return fields and body of the answer."""
    return asyncio.run(_ask(port, ca, fields, body))


async def _ask(port: int, ca: Path, fields: Fields, body: bytes) -> tuple[dict[bytes, bytes], bytes]:
    terms = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name="localhost")
    terms.load_verify_locations(str(ca))
    async with (
        asyncio.timeout(60),
        connect("127.0.0.1", port, configuration=terms, create_protocol=_Line) as one,
    ):
        line = cast("_Line", one)
        stream = line._quic.get_next_available_stream_id()
        line.http.send_headers(stream, list(fields), end_stream=not body)
        if body:
            line.http.send_data(stream, body, end_stream=True)
        line.transmit()
        await line.done
        return line.fields, line.body
