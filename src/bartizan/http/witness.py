"""A witness's server: C2SP tlog-witness over TLS, for whoever submits.

Rules of this file: nobody is authenticated, so nobody gets much: so many connections, so many of one address, so many
octets, so long for each step, and answers of a few words that repeat nothing. It starts nothing, connects nowhere, and
needs no privilege. What went wrong goes to standard error by kind and place, and not too often.
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import sqlite3
import sys
from asyncio import BaseTransport, TimerHandle, Transport
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from OpenSSL import SSL
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from bartizan.app.outcry import LINES, describe
from bartizan.app.witness import Installed, leaf
from bartizan.clock import Clock, Nanoseconds
from bartizan.crypto.keyring import KeyExposed, KeyUnreadable
from bartizan.crypto.tls import TlsProtocol, server_context
from bartizan.http.body import BodyRefused, read
from bartizan.http.server import Server
from bartizan.http.status import Status
from bartizan.ledger.witness import MOST_REQUEST, SIZE_MEDIA, Evidence, Reason
from bartizan.ledger.witness_store import Answer, Kept, WitnessUnusable
from bartizan.store.limits import gcra

CONNECTIONS: Final = 512
EACH: Final = 64
"""Connections of one address; of IPv6, of one network of 64 bits."""
STEP_SECONDS: Final = 30.0
"""Longest that a connection may stay as it is: without a request, in the midst of a head, or of its answer."""
MOST_HEAD: Final = 8192
_RENEWED_SECONDS: Final = 86_400.0
_DRAIN_SECONDS: Final = 5
_TEXT: Final = "text/plain; charset=utf-8"
_WORDS: Final[Mapping[Reason, str]] = {
    Reason.MALFORMED: "this is not a checkpoint with its proof\n",
    Reason.UNTRUSTED: "the ledger's keys did not sign this\n",
    Reason.UNKNOWN: "this ledger is not trusted here\n",
    Reason.UNPROVEN: "the proof does not show that this continues what was cosigned\n",
}
_FOUND: Final = {
    Evidence.SPLIT_VIEW: "SPLIT VIEW: another tree of {} entries than the one that was cosigned is signed by {}",
    Evidence.UNPROVEN: "not proven to continue what was cosigned: a tree of {} entries that is signed by {}",
}


def application(witness: Installed, clock: Clock) -> Starlette:
    """Return the application that answers for a witness."""

    async def add_checkpoint(request: Request) -> Response:
        octets = await read(request, MOST_REQUEST)
        answer = await run_in_threadpool(witness.store.add, octets, witness.cosigner, clock)
        if answer.kept is not None:
            _tell(answer.kept)
        return _shown(answer)

    async def keys(_: Request) -> Response:
        return Response(witness.cosigner.witness.encode(), media_type=_TEXT)

    app = Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/witness.pub", keys, methods=["GET"]),
        ],
        exception_handlers=_ANSWERS,
    )
    app.router.redirect_slashes = False
    return app


def _shown(answer: Answer) -> Response:
    refused = answer.refused
    if refused is None:
        return Response(answer.lines, media_type=_TEXT)
    if refused.size is not None:
        return Response(f"{refused.size}\n", refused.reason.value, {"content-type": SIZE_MEDIA})
    return Response(_WORDS[refused.reason], refused.reason.value, media_type=_TEXT)


def _tell(kept: Kept) -> None:
    """Say what was found; it is bounded, since what is kept is."""
    said = _FOUND[kept.kind].format(kept.size, kept.origin)
    sys.stderr.write(f"{said}; `bartizan witness show` has the evidence\n")
    sys.stderr.flush()


async def _body(_: Request, fault: Exception) -> Response:
    status = fault.status if isinstance(fault, BodyRefused) else Status.BAD_REQUEST
    return Response(f"{fault}\n", status, {"connection": "close"}, media_type=_TEXT)


async def _unstored(_: Request, __: Exception) -> Response:
    return Response(
        "nothing can be remembered here, so nothing is cosigned\n", Status.UNAVAILABLE, media_type=_TEXT
    )


async def _http(_: Request, fault: Exception) -> Response:
    code = fault.status_code if isinstance(fault, HTTPException) else Status.BAD_REQUEST
    return Response("POST /add-checkpoint\n", code, {"connection": "close"}, media_type=_TEXT)


async def _internal(_: Request, __: Exception) -> Response:
    return Response("a fault of the witness; nothing was cosigned\n", Status.INTERNAL, media_type=_TEXT)


_ANSWERS: Final[Mapping[Any, Callable[[Request, Exception], Any]]] = {
    BodyRefused: _body,
    sqlite3.Error: _unstored,
    HTTPException: _http,
    Exception: _internal,
}


class Patient(H11Protocol):
    """HTTP/1.1 that waits for so long and no longer, whatever it waits for."""

    _timer: TimerHandle | None = None

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn, a Transport
        super().connection_made(transport)
        self._wait()

    @override
    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._wait()

    @override
    def on_response_complete(self) -> None:
        self._wait()
        super().on_response_complete()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Begin to wait for the next step."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(STEP_SECONDS, self.transport.abort)


class Door:
    """Who is connected, and the certificate that the next one is shown."""

    def __init__(self, context: SSL.Context) -> None:
        """Let nobody in yet."""
        self.context = context
        self._inside: Counter[str] = Counter()

    def enter(self, place: str) -> bool:
        """Return whether one more of a place may be connected; whoever may, leaves."""
        if self._inside.total() >= CONNECTIONS or self._inside[place] >= EACH:
            return False
        self._inside[place] += 1
        return True

    def leave(self, place: str) -> None:
        """Forget one of a place."""
        self._inside[place] -= 1
        if not self._inside[place]:
            del self._inside[place]


class Secured(TlsProtocol):
    """A connection that has come through the door."""

    def __init__(self, door: Door, **uvicorns: Any) -> None:  # noqa: ANN401 - what uvicorn hands to its protocols
        """Wait for a transport."""
        super().__init__(partial(Patient, **uvicorns), door.context)
        self._door, self._place = door, ""

    @override
    def connection_made(self, transport: BaseTransport) -> None:
        place = _place(transport.get_extra_info("peername"))
        if self._door.enter(place):
            self._place = place
        super().connection_made(transport)
        if not self._place:
            self.raw.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._place:
            self._door.leave(self._place)
        super().connection_lost(exc)


def _place(peer: tuple[Any, ...] | None) -> str:
    """Return what connections are told apart by."""
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0]) if peer else ipaddress.ip_address(0)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Sparse(logging.Handler):
    """Writes a few lines of what a library has to say, without anything that a client sent."""

    def __init__(self, clock: Clock) -> None:
        """Write to standard error."""
        super().__init__(logging.WARNING)
        self._clock, self._arrives = clock, Nanoseconds(0)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        allowed, self._arrives, _ = gcra(self._arrives, self._clock.now(), LINES)
        if allowed:
            fault = record.exc_info[1] if record.exc_info else None
            said = describe(fault) if fault is not None else record.getMessage()
            sys.stderr.write(f"{said}\n")
            sys.stderr.flush()


def serve(witness: Installed, listener: socket.socket, clock: Clock, ready: Callable[[], None]) -> None:
    """Answer until SIGTERM or SIGINT, then finish what is open.

    Args:
        witness: whose requests.
        listener: bound.
        clock: the time.
        ready: called once connections are taken.
    """
    logging.getLogger("uvicorn.error").propagate = False
    logging.getLogger("uvicorn.error").addHandler(Sparse(clock))
    asyncio.run(_until_told(witness, listener, clock, ready))


async def _until_told(
    witness: Installed, listener: socket.socket, clock: Clock, ready: Callable[[], None]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await answering(witness, listener, clock, ready, stop)


async def answering(
    witness: Installed,
    listener: socket.socket,
    clock: Clock,
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Answer until told to stop, then finish what is open; the other arguments are those of `serve`."""
    door = Door(_context(witness, clock))
    server = Server(
        application(witness, clock),
        partial(Secured, door),
        drain_s=_DRAIN_SECONDS,
        most_head=MOST_HEAD,
        keep_alive_s=int(STEP_SECONDS),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn only has a flag
            await asyncio.sleep(0.01)
        ready()
        while not await _stopped(stop):
            _renew(door, witness, clock)
        server.should_exit = True


async def _stopped(stop: asyncio.Event) -> bool:
    """Return whether it is time to stop, else to show another certificate."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_RENEWED_SECONDS):
            await stop.wait()
    return stop.is_set()


def _renew(door: Door, witness: Installed, clock: Clock) -> None:
    try:
        door.context = _context(witness, clock)
    except (WitnessUnusable, KeyExposed, KeyUnreadable) as fault:  # the last one holds for days yet
        sys.stderr.write(f"no new certificate: {fault}\n")
        sys.stderr.flush()


def _context(witness: Installed, clock: Clock) -> SSL.Context:
    chain, key = leaf(witness, clock)
    return server_context(chain, key, pq="preferred")
