"""The loopback proxy: a listener on 127.0.0.1, and what each of its connections goes through.

Rules of this file: it listens on loopback and nowhere else. Its own refusals come in the shape that the API's clients
read, and name no token, key or prompt. At most so many connections are served at once; the next are refused.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Final

import msgspec

from bartizan.app.bearing import Bearing, Token
from bartizan.app.connect.client import Accepted, Client
from bartizan.app.connect.exchange import Exchange, Room
from bartizan.app.connect.line import Gateway, GatewayAway, Lines
from bartizan.app.connect.request import LocalRequest, errors_of, read_request
from bartizan.app.connect.tokens import Tokens
from bartizan.app.provider import TokenUnavailable
from bartizan.clock import Clock
from bartizan.config import SecretMissing
from bartizan.crypto.secret import Secret
from bartizan.gateway.faults import Fault, Refusal
from bartizan.gateway.response import Dates, refusal_answer

LOOPBACK: Final = "127.0.0.1"
MOST: Final = 256
"""Connections that are served at once."""
_BACKLOG: Final = 128


class Terms(msgspec.Struct, frozen=True):
    """What a proxy needs to know.

    Attributes:
        gateway: where requests go.
        fetch: returns a new token; blocks.
        key: what local clients must present as their API key; None lets every program of this machine in.
        clock: the time.
        bearing: whose key tokens are bound to that are; None where none is.
    """

    gateway: Gateway
    fetch: Callable[[Clock], Token]
    key: Secret | None
    clock: Clock
    bearing: Bearing | None = None


class Standing(msgspec.Struct, frozen=True):
    """How the way to the gateway stands at the start.

    Attributes:
        group: key-agreement group that was agreed on, `none` without TLS; empty where there was no connection.
        fault: why there was none, or no token; empty where all is well.
    """

    group: str
    fault: str


class Proxy:
    """Serves local clients on a listener until it is closed."""

    __slots__ = ("_bearing", "_dates", "_lines", "_room", "_server", "_tasks", "_terms", "_tokens")

    def __init__(self, terms: Terms) -> None:
        """Serve nobody yet."""
        self._terms = terms
        self._lines = Lines(terms.gateway)
        self._tokens = Tokens(terms.fetch, terms.clock)
        self._bearing = terms.bearing or Bearing(terms.clock)
        self._room, self._dates = Room(), Dates()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def begin(self, listener: socket.socket) -> None:
        """Serve on a listener from now on; it is this proxy's then."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Accepted(self._serve, self._tasks), sock=listener, backlog=_BACKLOG
        )

    async def probe(self) -> Standing:
        """Return how the way to the gateway stands: one connection, one token, no request.

        Raises:
            TokenUnavailable, SecretMissing: the gateway is there and gives this identity no token, or it cannot ask.
        """
        try:
            line = await self._lines.fresh()
        except GatewayAway as fault:
            return Standing("", str(fault))
        group = line.group
        self._lines.give(line)
        await self._tokens.current()
        return Standing(group, "")

    async def end(self) -> None:
        """Stop listening, and cut what is under way."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lines.close()

    async def _serve(self, client: Client) -> None:
        terms = self._terms
        exchange = Exchange(client, self._lines, self._tokens, self._bearing, self._room, terms.gateway)
        try:
            if len(self._tasks) > 2 * MOST:
                client.cut()  # to be told why costs a place too
                return
            if len(self._tasks) > MOST:
                await self._refuse(client, Refusal(_FULL), b"")
            else:
                while await self._turn(client, exchange):
                    pass
            client.close()
        except ConnectionError:
            client.cut()
        except BaseException:
            client.cut()
            raise

    async def _turn(self, client: Client, exchange: Exchange) -> bool:
        """Serve one request; return whether another may follow."""
        request: LocalRequest | None = None
        head = b""
        try:
            head = await client.head()
            if not head:
                return False
            request = read_request(head, self._terms.key)
            keep = await exchange.run(request)
        except Refusal as fault:
            return await self._refuse(client, fault, head or client.rest)
        except GatewayAway as fault:
            return await self._refuse(client, _away(self._terms.gateway, fault), head)
        except (TokenUnavailable, SecretMissing) as fault:
            why = Refusal(_TOKEN, what=f"{_TOKEN.what[:-1]}: {fault}.")
            return await self._refuse(client, why, head)
        if request.keep_alive and not keep:
            await client.linger()
        return keep

    async def _refuse(self, client: Client, fault: Refusal, head: bytes) -> bool:
        """Answer with a refusal; return False: what the client sent after it is not read."""
        answer = refusal_answer(
            fault,
            self._dates.line(self._terms.clock.now()),
            f"c-{secrets.token_hex(8)}",
            errors=errors_of(head),
            keep=False,
            limits=b"",
            bodiless=head.startswith(b"HEAD "),
        )
        await client.write(answer)
        await client.linger()
        return False


def listener(port: int) -> socket.socket:
    """Return a listener on 127.0.0.1; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or not this user's to take.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _away(gateway: Gateway, fault: GatewayAway) -> Refusal:
    where = f"{gateway.host}:{gateway.port}"
    said = str(fault).removeprefix(f"{where}: ")
    return Refusal(_AWAY, what=f"The gateway at {where} is away: {said}.")


_AWAY: Final = Fault("gateway-away", 502, "The gateway is away.", "")
_TOKEN: Final = Fault("token-unavailable", 502, "`bartizan connect` gets no token.", "")
_FULL: Final = Fault("connections-full", 503, "This proxy serves 256 connections already.", "")
