"""The dialer: the only process of the gateway that resolves names and opens connections.

Rules of this file: it connects to what the operator's file names and to nothing else; a worker chooses by name
only. It hands over connected sockets and never reads from them. For the sample it makes a pair of sockets, so
that nothing but the gateway can reach it.
"""

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.folder import Folder
from bartizan.app.plan import CONTROL, SAMPLE, Service
from bartizan.egress import connect as egress
from bartizan.isolation.kernel import no_new_privileges, not_dumpable
from bartizan.isolation.memory import read_sealed

_CONNECT_SECONDS = 10.0
_THREADS = 16


def dial(service: Service, folder: Folder) -> tuple[list[socket.socket], str]:
    """Return connected sockets (for the sample both ends of a pair), or no socket and a word for the fault."""
    try:
        if service.name == SAMPLE:
            return list(socket.socketpair()), ""
        if service.name == CONTROL:
            return [egress.connect_unix(folder.control_socket)], ""
        allowed = frozenset(service.allowed)
        return [egress.connect(service.host, service.port, allowed=allowed, timeout_s=_CONNECT_SECONDS)], ""
    except egress.AddressRefused:
        return [], "address-refused"
    except OSError:
        return [], "upstream-unreachable"


def main(argv: list[str]) -> None:
    """Dial until the supervisor is gone; `argv` holds the descriptor of the channel."""
    no_new_privileges()
    not_dumpable()
    channel = Channel(socket.socket(fileno=int(argv[0])), m.DialerOrders)
    boot, fds = channel.receive()
    folder = Folder(Path(boot.folder))
    services = {s.name: s for s in msgspec.json.decode(read_sealed(fds[0]), type=tuple[Service, ...])}

    def answer(order: m.Dial) -> None:
        sockets, fault = dial(services[order.service], folder)
        reply = m.Dialled(ticket=order.ticket, fault=fault, sample=len(sockets) > 1)
        try:
            channel.send(reply, [end.fileno() for end in sockets])
        except ChannelClosed:
            os._exit(0)  # the supervisor is gone
        finally:
            for end in sockets:
                end.close()

    channel.send(m.Ready())
    with ThreadPoolExecutor(_THREADS) as threads:
        while True:
            try:
                order, _ = channel.receive()
            except ChannelClosed:
                os._exit(0)
            if order.service in services:
                threads.submit(answer, order)
            else:
                channel.send(m.Dialled(ticket=order.ticket, fault="service-unknown"))


if __name__ == "__main__":
    main(sys.argv[1:])
