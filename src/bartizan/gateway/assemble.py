"""The room as app/ uses it: `assemble(ports)` builds the gateway of one worker."""

import asyncio
from typing import Final

from OpenSSL import SSL

from bartizan.clock import SECOND
from bartizan.crypto.secret import Secret
from bartizan.gateway.bounds import SWEEP_TIME
from bartizan.gateway.front import Front
from bartizan.gateway.plane import Plane
from bartizan.gateway.ports import Ports
from bartizan.gateway.protocol import ClientConnection
from bartizan.gateway.subject import Account

_SWEEP_SECONDS: Final = SWEEP_TIME / SECOND
_COUNTS_EVERY: Final = 4
"""Sweeps between two writings of counted refusals: a second."""


class Gateway:
    """The data plane of one worker; `connection` or `encrypted` makes the protocols for its listener."""

    __slots__ = ("_plane", "_sweeps", "_timer")

    def __init__(self, plane: Plane) -> None:
        """Start the clock that looks at deadlines and at the generation."""
        self._plane, self._sweeps = plane, 0
        self._timer = plane.loop.call_later(_SWEEP_SECONDS, self._sweep)

    def connection(self) -> ClientConnection:
        """Return the protocol for a new connection without TLS."""
        return ClientConnection(self._plane)

    def encrypted(self, context: SSL.Context) -> Front:
        """Return the protocol for a new connection that speaks TLS, under a context of `crypto.tls`."""
        return Front(self._plane, context)

    def renew(self, service: str, target: str, credential: Secret) -> None:
        """Present another credential to a target of a service, from the next request on."""
        self._plane.pool.renew(service, target, credential)

    def account(self) -> Account:
        """Return how this worker's requests add up in the record, for `gateway.monitored`."""
        return self._plane.account()

    async def drain(self, seconds: float) -> None:
        """Take no more requests, finish the open ones, cut those that take longer.

        Args:
            seconds: how long they may take.
        """
        plane = self._plane
        plane.draining = True
        for client in tuple(plane.clients):
            client.close_idle()
        try:
            async with asyncio.timeout(seconds):
                await plane.deserted()
        except TimeoutError:
            for exchange in tuple(plane.open):
                exchange.cut("draining")
            for client in tuple(plane.clients):
                client.abort()
        plane.crowd.end()  # those too that still shake hands
        self._timer.cancel()
        plane.write_counts()
        plane.meter.post()
        plane.turn.write()
        await plane.turn.settled()
        plane.pool.close()

    def _sweep(self) -> None:
        self._timer = self._plane.loop.call_later(_SWEEP_SECONDS, self._sweep)
        self._sweeps += 1
        plane = self._plane
        now = plane.swept = plane.ports.clock.now()
        for client in tuple(plane.clients):
            client.sweep(now)
        for exchange in tuple(plane.open):
            exchange.sweep(now)
        plane.pool.sweep(now)
        if plane.tracer is not None:
            plane.tracer.flush()
        plane.answers.sweep(plane.clients)
        if self._sweeps % _COUNTS_EVERY == 0:
            plane.write_counts()
        plane.freshen()


def assemble(ports: Ports) -> Gateway:
    """Return the gateway of this worker; to be called on its running loop.

    Args:
        ports: what it needs from the process.
    """
    return Gateway(Plane(ports, asyncio.get_running_loop()))
