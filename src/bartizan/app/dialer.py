"""The dialer: the only process of the gateway that resolves names and opens connections.

Rules of this file: it connects to what the operator's file names and to nothing else; a worker chooses by the
names of a service and its target only. It hands over connected sockets and never reads from them. For the sample it makes a pair of sockets, so
that nothing but the gateway can reach it.
"""

import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.folder import Folder
from bartizan.app.plan import CONTROL, MAIN, SAMPLE, Service, Target
from bartizan.egress import connect as egress
from bartizan.isolation.kernel import die_with_parent, no_new_privileges, not_dumpable
from bartizan.isolation.memory import read_sealed

_CONNECT_SECONDS = 10.0
_THREADS = 8
"""Connections to one target that are being made at once."""


def dial(service: Service, target: Target, folder: Folder) -> tuple[list[socket.socket], str]:
    """Return connected sockets (for the sample both ends of a pair), or no socket and a word for the fault."""
    try:
        if service.name == SAMPLE:
            return list(socket.socketpair()), ""
        if service.name == CONTROL:
            return [egress.connect_unix(folder.control_socket)], ""
        allowed = frozenset(target.allowed)
        return [egress.connect(target.host, target.port, allowed=allowed, timeout_s=_CONNECT_SECONDS)], ""
    except egress.AddressRefused:
        return [], "address-refused"
    except OSError:
        return [], "upstream-unreachable"


def main(argv: list[str]) -> None:
    """Dial until the supervisor is gone; `argv` holds the descriptor of the channel."""
    die_with_parent(signal.SIGKILL)
    no_new_privileges()
    not_dumpable()
    channel = Channel(socket.socket(fileno=int(argv[0])), m.DialerOrders)
    boot, fds = channel.receive()
    folder = Folder(Path(boot.folder))
    services = {s.name: s for s in msgspec.json.decode(read_sealed(fds[0]), type=tuple[Service, ...])}

    # each target has threads of its own: one that does not answer keeps no other waiting
    targets = {(s.name, target.name): target for s in services.values() for target in s.targets}
    threads = {names: ThreadPoolExecutor(_THREADS) for names in targets}
    channel.send(m.Ready())
    while True:
        try:
            order, _ = channel.receive()
            if isinstance(order, m.Ask):
                channel.send(m.Alive())
                continue
            names = order.service, order.target
            if names == (SAMPLE, MAIN):
                _answer(channel, order, *dial(services[SAMPLE], targets[names], folder))
            elif names in targets:
                service = services[order.service]
                threads[names].submit(_dial, channel, order, service, targets[names], folder)
            else:
                _answer(channel, order, [], "service-unknown")
        except ChannelClosed:
            os._exit(0)  # the supervisor is gone


def _dial(channel: Channel, order: m.Dial, service: Service, target: Target, folder: Folder) -> None:
    """Dial on a thread of the target's own; whatever happens, the order is answered."""
    sockets: list[socket.socket] = []
    fault = "upstream-unreachable"
    try:
        sockets, fault = dial(service, target, folder)
    finally:
        try:
            _answer(channel, order, sockets, fault)
        except ChannelClosed:
            os._exit(0)


def _answer(channel: Channel, order: m.Dial, sockets: list[socket.socket], fault: str) -> None:
    try:
        reply = m.Dialled(ticket=order.ticket, fault=fault, sample=len(sockets) > 1)
        channel.send(reply, [end.fileno() for end in sockets])
    finally:
        for end in sockets:
            end.close()


if __name__ == "__main__":
    main(sys.argv[1:])
