"""Which way a connector's entries go. Rules of this file: nothing is connected to here."""

from bartizan.app.plan import Connector
from bartizan.app.shipping.file import File
from bartizan.app.shipping.outcome import Deliver
from bartizan.app.shipping.queue import Jetstream
from bartizan.app.shipping.stream import Datagram, Stream
from bartizan.app.shipping.web import Web
from bartizan.clock import Clock
from bartizan.connectors.source import Source


def receiver(connector: Connector, source: Source, clock: Clock) -> Deliver:
    """Return what hands entries over to a connector's receiver.

    Raises:
        CertificateUnusable: its authorities cannot be read.
    """
    match connector.scheme:
        case "file":
            return File(connector, source)
        case "syslog+tcp" | "syslog+tls":
            return Stream(connector, source)
        case "syslog+udp":
            return Datagram(connector, source)
        case "nats" | "nats+tls":
            return Jetstream(connector, source)
        case _:
            return Web(connector, source, clock)
