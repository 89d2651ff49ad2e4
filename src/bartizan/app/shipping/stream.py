"""Handing entries over by syslog: over TCP and TLS, a connection a batch, and by UDP.

Rules of this file: a stream of syslog has no receipts. What stands for one is that the receiver, once we have ended
our side, has read to its end and ended too: a socket that is closed with something unread, or whose process died
before it read, answers with a reset. A datagram has nothing of the kind.
Source: RFC 6587, RFC 5425, RFC 5426; RFC 9293, section 3.10.4 (a close with unread data is a reset).
"""

from collections.abc import Sequence
from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.outcome import Outcome, Taken, unreached
from bartizan.connectors import syslog
from bartizan.connectors.formats import LINES
from bartizan.connectors.source import Source
from bartizan.crypto.tls import client_context
from bartizan.egress.datagram import Datagrams
from bartizan.egress.line import open_connection
from bartizan.ledger.entry import Entry

SECONDS: Final = 20.0
"""For one batch, from the look-up of the name to the receiver's end."""


class Stream:
    """A receiver of syslog over TCP, or TLS.

    Args:
        connector: where it is and what it takes.
        source: who tells.
        seconds: for one batch.
    Raises:
        CertificateUnusable: its authorities cannot be read.
    """

    def __init__(self, connector: Connector, source: Source, seconds: float = SECONDS) -> None:
        """Connect to nothing yet."""
        self._connector, self._source, self._seconds = connector, source, seconds
        self._context = client_context(connector.authorities.encode()) if connector.tls else None

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Send these entries over a connection of their own, and wait for the receiver to end it."""
        encode = LINES[self._connector.kind]
        said = [syslog.message(self._source, entry, encode(self._source, entry)) for entry in entries]
        octets = b"".join(map(syslog.framed, said))
        try:
            with open_connection(
                self._connector.host,
                self._connector.port,
                context=self._context,
                allowed=frozenset(self._connector.allowed),
                timeout_s=self._seconds,
            ) as line:
                line.send(octets)
                line.end()
        except OSError as fault:
            return unreached(fault)
        return Taken()


class Datagram:
    """A receiver of syslog by UDP; what is sent counts as taken.

    Args:
        connector: where it is and what it takes.
        source: who tells.
        seconds: for one datagram.
    """

    def __init__(self, connector: Connector, source: Source, seconds: float = SECONDS) -> None:
        """Open nothing yet."""
        self._connector, self._source, self._seconds = connector, source, seconds
        self._open: Datagrams | None = None

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Send a datagram an entry; that nobody listens is known at the next one only."""
        encode = LINES[self._connector.kind]
        try:
            if self._open is None:
                self._open = Datagrams(
                    self._connector.host,
                    self._connector.port,
                    allowed=frozenset(self._connector.allowed),
                    timeout_s=self._seconds,
                )
            for entry in entries:
                self._open.send(syslog.message(self._source, entry, encode(self._source, entry)))
        except OSError as fault:
            self.close()
            return unreached(fault)
        return Taken()

    def close(self) -> None:
        """Close what is open; the next batch looks the name up anew."""
        if self._open is not None:
            self._open.close()
            self._open = None
