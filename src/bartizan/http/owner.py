"""The Admin API on a unix socket that only the owner's processes reach.

Rules of this file: whoever connects must run as the same user as this process, or as root, by the kernel's
word (SO_PEERCRED); everybody else's connection is cut before a byte of it is read. Who is let in is the owner.
"""

import os
import socket
import struct
from asyncio import Transport
from collections.abc import Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import Route
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from bartizan.access.issue.mint import Issued
from bartizan.http.problem import ANSWERS

_UCRED: Final = struct.Struct("iII")


class OwnersOnly(H11Protocol):
    """Cuts a connection from any other user than ours and root."""

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn, a Transport
        """Ask the kernel who is there."""
        super().connection_made(transport)
        if not is_owner(transport.get_extra_info("socket")):
            self.transport.abort()


def is_owner(connection: socket.socket) -> bool:
    """Return whether the peer runs as our user or as root.

    Source: unix(7), SO_PEERCRED: credentials at the time of connect(2).
    """
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(credentials)
    return uid in {os.geteuid(), 0}


def owner(routes: Sequence[Route]) -> Starlette:
    """Return the Admin API as the owner has it."""
    app = Starlette(routes=routes, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app


def bearer(issued: Issued) -> dict[str, Any]:
    """Return the members that tell a client its token (RFC 6749 section 5.1, RFC 8693 section 2.2.1, RFC 9449 section 5)."""
    kind = "DPoP" if issued.bound else "Bearer"
    refresh = {"refresh_token": issued.refresh} if issued.refresh else {}
    exchanged = {"issued_token_type": issued.kind} if issued.kind else {}
    shown = {"access_token": issued.token, "token_type": kind, "expires_in": issued.seconds}
    return {**shown, **refresh, **exchanged}
