"""TLS before a client's connection, counted among the connections from the first octet on.

Rules of this file: what costs something is done when it is this stranger's turn (`strangers.py`): OpenSSL's side of
a connection comes into being with the first octets of its handshake, and each flight is worked on in a turn of its own.
"""

import asyncio
from typing import TYPE_CHECKING

from OpenSSL import SSL
from typing_extensions import override

from bartizan.crypto.tls_phase import Phase
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.gateway.callback import ending, ending_of_one
from bartizan.gateway.protocol import ClientConnection

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane


class Front(TlsProtocol):
    """The protocol of a new connection that speaks TLS.

    Attributes:
        source: pseudonym of the network that it comes from.
        address: that it comes from; empty where it has none.
    """

    def __init__(self, plane: "Plane", context: SSL.Context) -> None:
        """Wait for a raw transport.

        Args:
            plane: what all connections share.
            context: from `crypto.tls.server_context`.
        """
        super().__init__(lambda: ClientConnection(plane), context)
        self._plane, self._waiting = plane, b""
        self.source = self.address = ""

    @property
    def held(self) -> int:
        """Octets that wait for their turn."""
        return len(self._waiting)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, then begin."""
        self._enter(transport)

    @ending_of_one
    def _enter(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.address, self.source = self._plane.origin(transport)
        self._plane.crowd.enter(self.raw, self.source, familiar=self._plane.strangers.knows(self.address))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        plane = self._plane
        plane.strangers.leave(self)
        plane.crowd.leave(self.raw)
        plane.shaking.leave(self.raw)
        super().connection_lost(exc)

    @override
    def _shake(self, data: bytes) -> None:
        """Have the handshake wait for its turn; nothing is read meanwhile."""
        self._waiting = data
        self.raw.pause_reading()
        self._plane.strangers.wait(self)

    @ending
    def turn(self) -> None:
        """Go on with the handshake."""
        data, self._waiting = self._waiting, b""
        if self.raw.is_closing():
            return
        self.raw.resume_reading()
        known = self._plane.strangers.knows(self.address)
        self._plane.shaking.enter(self.raw, self.source, familiar=known)
        if self.phase is Phase.HANDSHAKE and not self.raw.is_closing():
            super()._shake(data)
        if self.phase is not Phase.HANDSHAKE:
            self._plane.shaking.leave(self.raw)

    @override
    def _refused(self, word: str) -> None:
        self._plane.count_handshake(word, self.source)
