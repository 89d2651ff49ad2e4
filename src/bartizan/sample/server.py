"""One HTTP/1.1 connection of the sample: requests in, answers out, streamed as they are made.

Rules of this file: h11 judges what is HTTP; every read has its limit and its time. A fault of the request
is answered in OpenAI's form and ends the connection where its body was not read. Nothing is logged.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import h11
import msgspec

from bartizan.clock import Clock
from bartizan.sample import wire
from bartizan.sample.ask import Chat, Completion, Embedding, RequestRefused, parse
from bartizan.sample.embed import DIMENSIONS, embed
from bartizan.sample.model import Model, Piece, chosen
from bartizan.sample.tool_call import Call

LARGEST_BODY = 4 << 20
LARGEST_HEAD = 32 << 10
IDLE_S = 600
"""Seconds that a connection may wait for its next request; longer than a gateway's pool keeps it."""
STALL_S = 30
"""Seconds that the other side may take for the next octets of a request or of an answer."""
_READ = 64 << 10

_POSTS = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/embeddings"})


async def converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, models: Sequence[Model], clock: Clock
) -> None:
    """Answer the requests of one connection until it ends.

    Args:
        reader, writer: the connection.
        models: what answers (`chosen`); at least one.
        clock: tells when an answer was made.
    """
    connection = _Connection(reader, writer, models, clock)
    # Who reads slowly, writes slowly or goes away loses this connection; there is nobody to tell.
    with contextlib.suppress(ConnectionError, TimeoutError):
        while await connection.exchange():
            pass
    writer.close()


class _Connection:
    __slots__ = ("_clock", "_http", "_models", "_reader", "_writer")

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        models: Sequence[Model],
        clock: Clock,
    ) -> None:
        self._reader, self._writer, self._models, self._clock = reader, writer, models, clock
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)

    async def exchange(self) -> bool:
        """Read one request and answer it; return whether the connection can carry another."""
        try:
            request = await self._event(IDLE_S)
            if not isinstance(request, h11.Request):
                return False
            await self._answer(request, await self._body(request))
        except RequestRefused as fault:
            await self._refuse(fault)
        except h11.RemoteProtocolError as fault:
            await self._refuse(
                RequestRefused(fault.error_status_hint, "invalid_http", "This is not HTTP/1.1.")
            )
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _event(self, seconds: float) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
            async with asyncio.timeout(seconds):
                self._http.receive_data(await self._reader.read(_READ))
            seconds = STALL_S
        return event

    async def _body(self, request: h11.Request) -> bytes:
        body = bytearray()
        length = next((int(value) for name, value in request.headers if name == b"content-length"), 0)
        while length <= LARGEST_BODY and isinstance(event := await self._event(STALL_S), h11.Data):
            body += event.data
            length = max(length, len(body))
        if length > LARGEST_BODY:
            raise RequestRefused(413, "body_too_large", f"A body may have {LARGEST_BODY} octets.")
        return bytes(body)

    async def _answer(self, request: h11.Request, body: bytes) -> None:
        path = request.target.decode("ascii", "replace").partition("?")[0]
        if path in _POSTS:
            _check_post(request)
            await self._post(path, body)
        elif path == "/v1/models":
            _check_method(request, b"GET")
            await self._json(200, wire.models([model.name for model in self._models]))
        elif path in {f"/v1/models/{model.name}" for model in self._models}:
            _check_method(request, b"GET")
            await self._json(200, wire.model(path.rpartition("/")[2]))
        else:
            raise RequestRefused(404, "not_found", "There is no such path.")

    async def _post(self, path: str, body: bytes) -> None:
        if path == "/v1/embeddings":
            await self._json(200, _embeddings(parse(body, Embedding), self._models[0].name))
            return
        is_chat = path == "/v1/chat/completions"
        chat = parse(body, Chat) if is_chat else parse(body, Completion).as_chat()
        model = chosen(self._models, chat.model)
        made = f"{'chatcmpl' if is_chat else 'cmpl'}-{secrets.token_hex(12)}"
        heading = wire.Heading(made, model.name, self._clock.now(), is_chat)
        async with aclosing(model.speak(chat)) as told:
            if chat.stream:
                with_usage = chat.stream_options is not None and chat.stream_options.include_usage
                await self._stream(heading, told, with_usage=with_usage)
            else:
                await self._json(200, wire.whole(heading, [piece async for piece in told]))

    async def _stream(
        self, heading: wire.Heading, told: AsyncGenerator[Piece, None], *, with_usage: bool
    ) -> None:
        first = await anext(told)  # a refusal comes before the first piece, and still gets its status
        headers = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-store")]
        await self._write(self._http.send(h11.Response(status_code=200, headers=headers)))
        for chunk in wire.opening(heading):
            await self._data(wire.sse(chunk))
        calls = await self._tell(heading, first, 0, with_usage=with_usage)
        async for piece in told:
            calls = await self._tell(heading, piece, calls, with_usage=with_usage)
        await self._data(wire.sse(None))
        await self._write(self._http.send(h11.EndOfMessage()))

    async def _tell(self, heading: wire.Heading, piece: Piece, calls: int, *, with_usage: bool) -> int:
        for chunk in wire.chunks(heading, piece, calls, with_usage=with_usage):
            await self._data(wire.sse(chunk))
        return calls + isinstance(piece, Call)

    async def _refuse(self, fault: RequestRefused) -> None:
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._json(fault.status, wire.error(fault))

    async def _json(self, status: int, told: dict[str, Any]) -> None:
        body = msgspec.json.encode(told)
        headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
        if self._http.their_state is not h11.DONE:
            headers.append(("connection", "close"))  # what is left of the request was not read
        head = self._http.send(h11.Response(status_code=status, headers=headers))
        end = self._http.send(h11.Data(data=body)), self._http.send(h11.EndOfMessage())
        await self._write(b"".join(part for part in (head, *end) if part))

    async def _data(self, octets: bytes) -> None:
        await self._write(self._http.send(h11.Data(data=octets)))

    async def _write(self, octets: bytes | None) -> None:
        self._writer.write(octets or b"")
        async with asyncio.timeout(STALL_S):
            await self._writer.drain()


def _check_post(request: h11.Request) -> None:
    _check_method(request, b"POST")
    kinds = [value for name, value in request.headers if name == b"content-type"]
    if len(kinds) != 1 or kinds[0].partition(b";")[0].strip().lower() != b"application/json":
        raise RequestRefused(415, "unsupported_media_type", "A body is application/json.")


def _check_method(request: h11.Request, method: bytes) -> None:
    if request.method != method:
        raise RequestRefused(405, "method_not_allowed", f"This path takes {method.decode()}.")


def _embeddings(asked: Embedding, model: str) -> dict[str, Any]:
    vectors = [embed(text, asked.dimensions or DIMENSIONS) for text in asked.texts]
    tokens = sum(len(text.split()) for text in asked.texts)
    return wire.embeddings(vectors, model, tokens, packed=asked.encoding_format == "base64")
