"""Which way a connector's entries go. Rules of this file: nothing is connected to here."""

from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.file import File, Opens
from bartizan.app.shipping.outcome import Deliver
from bartizan.app.shipping.queue import Jetstream
from bartizan.app.shipping.stream import Datagram, Stream
from bartizan.app.shipping.web import Web
from bartizan.clock import Clock
from bartizan.connectors.source import Source

DATAGRAMS: Final = "syslog+udp"
"""Scheme of what goes by datagrams."""


def receiver(connector: Connector, source: Source, clock: Clock, opens: Opens | None = None) -> Deliver:
    """Return what hands entries over to a connector's receiver.

    Args:
        connector: whose.
        source: who tells.
        clock: dates what is signed.
        opens: opens its file, where it has one; None for opening it here.

    Raises:
        CertificateUnusable: its authorities cannot be read.
    """
    match connector.scheme:
        case "file":
            return File(connector, source, opens)
        case "syslog+tcp" | "syslog+tls":
            return Stream(connector, source)
        case "syslog+udp":
            return Datagram(connector, source)
        case "nats" | "nats+tls":
            return Jetstream(connector, source)
        case _:
            return Web(connector, source, clock)
