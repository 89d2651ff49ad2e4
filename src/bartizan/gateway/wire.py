"""A client's connection as far as octets go: when they are read, when written, and how it closes.

Rules of this file: what has been read, and what has been written and not taken, is bounded: reading stops until it is
less. Writing to what is closing is nothing, not an error.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from bartizan.clock import Nanoseconds
from bartizan.gateway.bounds import AHEAD_OCTETS, PIECE_OCTETS, READ_OCTETS, STALL_OCTETS
from bartizan.gateway.phase import Phase

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane

NEVER: Final = Nanoseconds(0)
"""A deadline that there is not."""
HEAD, BODY, BUSY, RESTING, LINGERING, CLOSED = Phase  # looking a member up costs five times as much


class Wire(asyncio.Protocol):
    """The transport of one client, and how far it is with it.

    Attributes:
        address: that it comes from; empty where it has none.
        source: pseudonym of the network that it comes from, or `anonymous`.
        group: key-agreement group of its TLS, `none` without.
        stalled: whether the client does not take what is sent to it.
    """

    __slots__ = (
        "_ahead",
        "_deadline",
        "_dozes",
        "_lingered",
        "_paused",
        "_phase",
        "_plane",
        "_transport",
        "_trusted",
        "_waiting",
        "address",
        "certificate",
        "group",
        "source",
        "stalled",
    )

    def __init__(self, plane: "Plane") -> None:
        """Belong to a plane."""
        self._plane = plane
        self._phase, self._deadline = HEAD, NEVER
        self._ahead: bytes | bytearray = b""
        self._waiting, self._lingered = b"", 0
        self._dozes = self._paused = self._trusted = self.stalled = False
        self.address, self.source, self.group, self.certificate = "", "anonymous", "none", ""
        self._transport: asyncio.Transport

    @property
    def _raw(self) -> asyncio.Transport:
        """The transport of the socket itself, which stands for the connection among all others."""
        raw: asyncio.Transport = self._transport.get_extra_info("raw", self._transport)
        return raw

    @property
    def held(self) -> int:
        """Octets that wait for this stranger's turn; behind a large piece, TLS may hold the rest of what was read."""
        return READ_OCTETS if self._dozes or len(self._waiting) >= PIECE_OCTETS else len(self._waiting)

    def trust(self, principal: str) -> None:
        """Take note that a principal has shown a good token here: no stranger pushes this connection out."""
        if not self._trusted:
            self._plane.strangers.know(self.address)
            self._trusted = self._plane.crowd.trust(self._raw, principal)

    def keeps(self, *, asked: bool) -> bool:
        """Return whether the connection goes on after an answer, where the client asks for that."""
        return asked and not self._plane.draining

    def write(self, octets: bytes) -> None:
        """Send octets, unless the connection is gone."""
        # a transport may be closed for a turn before `connection_lost` says so; writing to it then raises
        if octets and self._phase is not CLOSED and not self._transport.is_closing():
            self._transport.write(octets)

    def _steer(self) -> None:
        """Read on, or stop reading: what has been read, and what has been answered, is bounded."""
        waits = self._dozes or (bool(self._waiting) and self._phase is not LINGERING)
        held = self.stalled or waits or self._phase is RESTING or len(self._ahead) > AHEAD_OCTETS
        if held is not self._paused and not self._transport.is_closing():
            self._paused = held
            if held:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _close(self) -> None:
        """Close once everything is sent, which may take as long as the client goes on taking a fair part."""
        self._phase, self._deadline = (
            CLOSED,
            Nanoseconds(self._plane.swept + self._plane.patience.stall_time),
        )
        self._lingered = self._transport.get_write_buffer_size()
        self._transport.close()

    def _sweep_closed(self, now: Nanoseconds) -> None:
        left = self._transport.get_write_buffer_size()
        if left + STALL_OCTETS <= self._lingered:
            self._lingered, self._deadline = left, Nanoseconds(now + self._plane.patience.stall_time)
        else:
            self._transport.abort()

    def abort(self) -> None:
        """End at once; what is not sent yet is lost."""
        if self._phase is not CLOSED:
            self._phase = CLOSED
            self._transport.abort()
