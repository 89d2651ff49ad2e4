"""What a worker reaches beyond itself: services, and the server that counts limits, by connections of the dialer's.

Rules of this file: a worker can neither resolve nor connect. It names a service and a target, and gets a connected
socket or a word for the fault. TLS is spoken here, so that the dialer reads nothing.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from OpenSSL import SSL

from bartizan.app import messages as m
from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, ChannelClosed, ChannelFull
from bartizan.app.plan import LIMITER, MAIN, Plan
from bartizan.app.route_plan import client_contexts, limiter_context
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.gateway.ports import ProtocolFactory
from bartizan.store.valkey import Valkey
from bartizan.store.valkey_limits import SCRIPTS
from bartizan.store.valkey_sums import SUM


class Reach:
    """The dialer, as one worker sees it through its supervisor."""

    def __init__(self, channel: Channel, plan: Plan) -> None:
        """Read whom each encrypted target may be certified by.

        Args:
            channel: to the supervisor.
            plan: says what there is.
        Raises:
            CertificateUnusable: those authorities cannot be used.
        """
        self._channel, self._limiter = channel, plan.limiter
        self._contexts = client_contexts(plan.upstreams)
        self._counting = limiter_context(plan.limiter) if plan.limiter is not None else None
        self._dials: dict[int, asyncio.Future[socket.socket]] = {}
        self._tickets = 0

    # ---- services ------------------------------------------------------------------------------------------
    async def dial(self, service: str, target: str = MAIN) -> socket.socket:
        """Return a connected socket from the dialer.

        Raises:
            ConnectionError: the dialer could not connect; the message is its word for the fault.
        """
        self._tickets += 1
        ticket = self._tickets
        answer: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._dials[ticket] = answer
        try:
            self._channel.send(m.Dial(ticket=ticket, service=service, target=target))
            return await answer
        finally:
            self._dials.pop(ticket, None)  # who gave up waits for nothing any more

    def dialled(self, message: m.Dialled, fds: list[int]) -> None:
        """Give the dialer's answer to who waits for it."""
        connected = [socket.socket(fileno=fd) for fd in fds]
        answer = self._dials.pop(message.ticket, None)
        if answer is None or answer.done():  # nobody waits any more
            for end in connected:
                end.close()
        elif connected:
            connected[0].setblocking(False)
            answer.set_result(connected[0])
        else:
            answer.set_exception(ConnectionError(message.fault))

    def wrap(
        self, factory: ProtocolFactory, service: str, target: str, on_refused: Callable[[str], None]
    ) -> asyncio.Protocol:
        """Return a protocol that speaks TLS to an encrypted target, below one that knows nothing of it.

        Args:
            factory: makes the one above.
            service, target: whose certificate is required.
            on_refused: gets a word where there is no such connection.
        """
        return _encrypted(factory, self._contexts[service, target], on_refused)

    def target_is(self, service: str, target: str, fit: bool) -> None:  # noqa: FBT001  # a callback
        """Tell the supervisor whether a target answers."""
        with contextlib.suppress(ChannelFull, ChannelClosed):  # `status` alone is told by it
            self._channel.send(w.TargetPresence(service=service, target=target, fit=fit))

    # ---- the server that counts limits -----------------------------------------------------------------------
    def limiter(self) -> Valkey | None:
        """Return the connection to who counts for several workers, where there is such a server; it is being made."""
        if self._limiter is None:
            return None
        (server,) = self._limiter.server.targets
        password = Secret(server.credential.encode()) if server.credential else None
        connect, user, scripts = self._connect_limiter, self._limiter.user, (*SCRIPTS, SUM)
        return Valkey(connect, scripts, password=password, user=user, presence=self._limiter_is)

    async def _connect_limiter(
        self, factory: ProtocolFactory, refused: Callable[[str], None]
    ) -> asyncio.BaseTransport:
        def outer() -> asyncio.Protocol:
            return factory() if self._counting is None else _encrypted(factory, self._counting, refused)

        made = await asyncio.get_running_loop().create_connection(outer, sock=await self.dial(LIMITER))
        return made[0]

    def _limiter_is(self, up: bool) -> None:  # noqa: FBT001  # a callback
        with contextlib.suppress(ChannelFull, ChannelClosed):  # as of a target
            self._channel.send(w.LimiterPresence(up=up))


def _encrypted(
    factory: ProtocolFactory, to: tuple[str, SSL.Context], on_refused: Callable[[str], None]
) -> asyncio.Protocol:
    host, context = to
    return TlsProtocol(factory, context, server_hostname=host, on_refused=on_refused)
