"""TLS before a client's connection, counted among the connections from the first octet of its handshake on."""

import asyncio
from typing import TYPE_CHECKING, cast

from OpenSSL import SSL
from typing_extensions import override

from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.gateway.crowd import Crowd
from bartizan.gateway.protocol import ClientConnection

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane


class Front(TlsProtocol):
    """The protocol of a new connection that speaks TLS."""

    def __init__(self, plane: "Plane", context: SSL.Context) -> None:
        """Wait for a raw transport.

        Args:
            plane: what all connections share.
            context: from `crypto.tls.server_context`.
        """
        super().__init__(lambda: ClientConnection(plane), context, on_refused=plane.count_handshake)
        self._crowd: Crowd = plane.crowd

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, then begin."""
        super().connection_made(transport)
        self._crowd.enter(cast("asyncio.Transport", transport))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._crowd.leave(self.raw)
        super().connection_lost(exc)
