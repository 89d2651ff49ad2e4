"""Datagrams to one destination: resolved, checked, and sent to the address that was checked.

Rules of this file: a name is resolved once, when the destination is opened. What is sent may be lost, and nobody says
so; where this machine knows that nobody listens, the next `send` says it.
"""

import contextlib
import socket
from types import TracebackType
from typing import Final, Self

from bartizan.egress.connect import Resolver, destinations
from bartizan.egress.faults import UpstreamUnreachable

LONGEST: Final = 8192
"""Octets of a datagram; a larger one is cut to pieces on the way, and lost with any of them."""


class Datagrams:
    """A destination of datagrams; a context manager that closes it.

    Args:
        host: a DNS name or an address.
        port: 1 to 65535.
        allowed: what may be reached besides public addresses; see `check.check`.
        timeout_s: for the look-up, and for each datagram, in seconds.
        resolver: as of `connect.connect`.
    Raises:
        AddressRefused, NameUnknown: as of `connect.connect`.
        UpstreamUnreachable: no way leads there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        allowed: frozenset[str] = frozenset(),
        timeout_s: float = 10.0,
        resolver: Resolver | None = None,
    ) -> None:
        """Look the destination up and open a socket to the first of its addresses that may be reached."""
        self.where = f"{host}:{port}"
        found = destinations(host, port, allowed=allowed, timeout_s=timeout_s, resolver=resolver)
        family = socket.AF_INET if found[0].version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.settimeout(timeout_s)
            self._socket.connect((str(found[0]), port))
        except OSError as fault:
            self._socket.close()
            raise UpstreamUnreachable(self.where, "no way leads there") from fault

    def send(self, octets: bytes) -> None:
        """Send one datagram.

        Raises:
            UpstreamUnreachable: it is too large, or nobody listens there, as an answer to an earlier one says.
        """
        if len(octets) > LONGEST:
            raise UpstreamUnreachable(self.where, f"a message is larger than {LONGEST} octets")
        try:
            self._socket.send(octets)
        except OSError as fault:
            raise UpstreamUnreachable(self.where, "nobody listens there") from fault

    def close(self) -> None:
        """Close the socket."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
