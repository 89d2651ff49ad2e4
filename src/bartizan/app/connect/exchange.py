"""One request on its way to the gateway, and its answer on its way back.

Rules of this file: octets go on as they come, both ways, and whoever is slow slows the other side. A request is sent
again in two cases only: the gateway took neither it nor the token (401: nothing was forwarded), and then once with a
proof that has the nonce which it told, and once under a new token; or it is safe (GET) and went out on a connection that had served before and ended without an octet. What was
sent of a body is kept for that, as long as it is small. An answer that is cut is cut for the client too.
"""

import asyncio
from typing import Final

from bartizan.app.bearing import Bearing
from bartizan.app.connect.client import Client, ClientStalled
from bartizan.app.connect.line import Gateway, GatewayAway, Line, Lines, body_of
from bartizan.app.connect.request import LocalRequest, forwarded
from bartizan.app.connect.tokens import Tokens, presented
from bartizan.app.service_settings import LONGEST_WAIT
from bartizan.clock import SECOND
from bartizan.gateway.answer_head import LINES, AnswerHead
from bartizan.gateway.bounds import STALL_TIME
from bartizan.gateway.faults import refusal
from bartizan.gateway.framing import FramingDoubt, UntilClose
from bartizan.gateway.response import CONTINUE

KEPT: Final = 16 << 20
"""Octets of one body that are kept, as many as any gateway takes."""
KEPT_ALL: Final = 64 << 20
"""Octets of all bodies together that are kept."""
SILENT_SECONDS: Final = LONGEST_WAIT + 30
"""How long an answer may take to begin, or pause: longer than a gateway waits for its service, however it is configured."""
_REFUSED: Final = 401
_BODILESS: Final = (204, 304)


class AnswerCut(ConnectionError):
    """An answer whose beginning the client has already did not come whole."""


class Room:
    """How much may still be kept of all bodies together; `left` is in octets."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        """Start with all of it."""
        self.left = KEPT_ALL


class Upload:
    """A request's body on its way, which can start over while all of it that was sent is kept.

    Attributes:
        done: whether its end has been read.
    """

    __slots__ = ("_body", "_client", "_kept", "_lost", "_octets", "_room", "chunked")

    def __init__(self, client: Client, request: LocalRequest, room: Room) -> None:
        """Read nothing yet."""
        self._client, self._body, self._room = client, request.body(), room
        self.chunked = request.length < 0
        self._kept: list[bytes] = []
        self._octets, self._lost = 0, False

    @property
    def done(self) -> bool:
        """Whether the whole body has been read."""
        return self._body.done

    @property
    def repeatable(self) -> bool:
        """Whether everything that was sent is still here."""
        return not self._lost

    async def run(self, line: Line) -> None:
        """Send what was sent before, then the rest as it comes.

        Raises:
            ClientStalled, ConnectionError: the client sends no more, or the gateway takes no more.
            FramingDoubt: the body is not plainly framed.
        """
        for piece in tuple(self._kept):
            await self._pass(line, piece)
        while not self._body.done:
            for piece in self._body.feed(await self._client.more()):
                self._keep(piece)
                line.writer.write(self._framed(piece))
            await _drain(line)
        self._client.rest = self._body.rest or self._client.rest
        if self.chunked:
            await self._pass(line, b"")

    async def _pass(self, line: Line, piece: bytes) -> None:
        line.writer.write(self._framed(piece))
        await _drain(line)

    def _framed(self, piece: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece

    def _keep(self, piece: bytes) -> None:
        if self._lost:
            return
        if self._octets + len(piece) > KEPT or len(piece) > self._room.left:
            self.forget()
            self._lost = True
            return
        self._kept.append(piece)
        self._octets += len(piece)
        self._room.left -= len(piece)

    def forget(self) -> None:
        """Keep nothing more of the body."""
        self._room.left += self._octets
        self._kept, self._octets = [], 0


async def _drain(line: Line) -> None:
    try:
        async with asyncio.timeout(STALL_TIME / SECOND):
            await line.writer.drain()
    except TimeoutError:
        raise GatewayAway("it takes nothing more") from None


class Exchange:
    """Takes requests of one client to the gateway.

    Args:
        client: whose.
        lines: to the gateway.
        tokens: whom it asks as.
        bearing: whose key tokens are bound to that are.
        room: for bodies, of all clients together.
        gateway: where that is.
    """

    __slots__ = ("_bearing", "_client", "_gateway", "_lines", "_room", "_tokens")

    def __init__(
        self, client: Client, lines: Lines, tokens: Tokens, bearing: Bearing, room: Room, gateway: Gateway
    ) -> None:
        """Ask for nothing yet."""
        self._client, self._lines, self._tokens = client, lines, tokens
        self._bearing, self._room, self._gateway = bearing, room, gateway

    async def run(self, request: LocalRequest) -> bool:
        """Take one request there and its answer back; return whether the connection may go on.

        Raises:
            GatewayAway, TokenUnavailable: there is no answer, and nothing was sent to the client.
            Refusal: the client's body cannot be read.
            ClientStalled, ConnectionError: the connection cannot go on; the client may have got a part.
        """
        upload = Upload(self._client, request, self._room)
        if request.expects and not self._client.rest:
            await self._client.write(CONTINUE)
        try:
            line, head, fields = await self._ask(request, upload)
        finally:
            upload.forget()
        try:
            whole = upload.done
            keep = await self._return(request, line, head, fields, keep=request.keep_alive and whole)
        except BaseException:
            line.drop()
            raise
        if whole and head.reusable:
            self._lines.give(line)
        else:
            line.drop()
        return keep

    async def _ask(self, request: LocalRequest, upload: Upload) -> tuple[Line, AnswerHead, list[bytes]]:
        again = renewed = proven = False
        while True:
            token = await self._tokens.current()
            line = await (self._lines.fresh() if again else self._lines.take())
            try:
                credential = presented(
                    token, self._bearing, request.method, self._gateway.url + request.target
                )
                head, fields = await self._send(line, request, upload, credential)
            except GatewayAway:
                reused = line.served
                line.drop()
                if again or not (reused and request.repeatable and upload.repeatable):
                    raise
                again = True
                continue
            except BaseException:
                line.drop()
                raise
            stale = self._bearing.heed(head.nonce.decode("ascii", "replace")) and not proven
            if head.status != _REFUSED or not (stale or not renewed) or not upload.repeatable:
                return line, head, fields
            line.drop()
            if stale:
                proven = True
                continue
            self._tokens.drop(token)
            again = renewed = True

    async def _send(
        self, line: Line, request: LocalRequest, upload: Upload, credential: bytes
    ) -> tuple[AnswerHead, list[bytes]]:
        """Send a request and return the head of its answer, which may come before all is sent."""
        line.writer.write(forwarded(request, self._gateway.authority, credential))
        loop = asyncio.get_running_loop()
        sending, answering = loop.create_task(upload.run(line)), loop.create_task(_answer(line))
        try:
            await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                _require_readable(sending)
            return await answering
        finally:
            for task in (sending, answering):
                task.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)

    async def _return(
        self, request: LocalRequest, line: Line, head: AnswerHead, fields: list[bytes], *, keep: bool
    ) -> bool:
        """Take an answer to the client; return whether the connection may go on."""
        body = body_of(head, request.method)
        chunked = head.length < 0 and request.minor == 1 and request.method != b"HEAD"
        keep = keep and (body.done or head.length >= 0 or chunked)
        await self._client.write(_opening(head, fields, chunked=chunked, keep=keep))
        while not body.done:
            data = await _next(line)
            if not data and isinstance(body, UntilClose):
                break
            try:
                pieces = body.feed(data)
            except FramingDoubt:
                raise AnswerCut from None
            if not data:
                raise AnswerCut
            await self._client.write(b"".join(_framed(pieces) if chunked else pieces))
        line.put_back(body.rest)
        if chunked:
            await self._client.write(b"0\r\n\r\n")
        return keep


def _require_readable(sending: "asyncio.Task[None]") -> None:
    """Raise what the client did; a gateway that takes no more may have answered, which is read first.

    Raises:
        Refusal: the body is not plainly framed.
        ClientStalled: it does not come.
    """
    fault = sending.exception()
    if isinstance(fault, FramingDoubt):
        raise refusal(fault.reason) from None
    if isinstance(fault, ClientStalled) or (fault is not None and not isinstance(fault, ConnectionError)):
        raise fault


async def _answer(line: Line) -> tuple[AnswerHead, list[bytes]]:
    try:
        async with asyncio.timeout(SILENT_SECONDS):
            return await line.answer()
    except TimeoutError:
        raise GatewayAway("it did not answer in time") from None
    except FramingDoubt:
        raise GatewayAway("what came back is not plainly HTTP/1.1") from None


async def _next(line: Line) -> bytes:
    try:
        async with asyncio.timeout(SILENT_SECONDS):
            return await line.more()
    except TimeoutError:
        raise AnswerCut from None


def _framed(pieces: list[bytes]) -> list[bytes]:
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]


def _opening(head: AnswerHead, fields: list[bytes], *, chunked: bool, keep: bool) -> bytes:
    framing = [b"transfer-encoding: chunked"] if chunked else []
    if head.length >= 0 and head.status not in _BODILESS:
        framing = [b"content-length: %d" % head.length]
    going = [] if keep else [b"connection: close"]
    line = LINES.get(head.status) or b"HTTP/1.1 %d \r\n" % head.status
    return line + b"".join(field + b"\r\n" for field in (*fields, *framing, *going)) + b"\r\n"
