"""The shipper: hands entries of the record to the receivers that configuration names.

Rules of this file: it has no key of the ledger and reads the tree alone; what it connects to, egress decides. It is
confined before it says anything to anybody (`isolation/carrier.py`): what it writes besides its cursors, the supervisor
opens for it. Each connector has a thread of its own, so that none waits for another's receiver. The main thread takes
orders, tells how far each has come, and never waits for anybody.
"""

import os
import queue
import random
import select
import socket
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from bartizan import __version__
from bartizan.app import messages as m
from bartizan.app import shipping_messages as sm
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed, Message
from bartizan.app.folder import Folder
from bartizan.app.outcry import describe
from bartizan.app.plan import Connector
from bartizan.app.shipping.courier import LAST, Courier, Ports, What
from bartizan.app.shipping.receiver import DATAGRAMS, receiver
from bartizan.clock import Clock, SystemClock
from bartizan.connectors.source import Source
from bartizan.crypto.tls import CertificateUnusable
from bartizan.isolation.carrier import Reach, confine, towards
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.memory import read_sealed
from bartizan.ledger.checkpoint import CheckpointMalformed
from bartizan.ledger.installation import load_verifiers

_UNFORESEEN: Final = "unforeseen"
_TELL_SECONDS: Final = 1.0
"""Between two looks at how far each connector has come."""
_NOTED_SECONDS: Final = 10.0
"""How long a connector waits until something is on record."""
_LAST_SECONDS: Final = 2.0
"""How long what is being delivered may take once the platform stops."""


class Carrier:
    """One connector's thread, and what it says to the main one.

    Args:
        connector: what it ships.
        folder: the state folder.
        source: who tells.
        clock: the time.
        says: takes messages for the supervisor; called from the thread.
    Raises:
        CertificateUnusable: the receiver's authorities cannot be read.
    """

    def __init__(
        self,
        connector: Connector,
        folder: Folder,
        source: Source,
        clock: Clock,
        says: "queue.SimpleQueue[Message]",
    ) -> None:
        """Begin to ship."""
        self.name = connector.name
        self._says, self._noted, self._closing = says, threading.Event(), threading.Event()
        self._told: sm.Shipped | None = None
        self._awaited = -1
        self._files: queue.SimpleQueue[tuple[int, int] | int] = queue.SimpleQueue()
        # where tries are spread over time, chance need not be hard to guess
        ports = Ports(receiver(connector, source, clock, self._open), self._note, random.random)
        self._courier = Courier(connector, folder.ledger, folder.connectors, ports)
        self._thread = threading.Thread(target=self._run, daemon=True, name=connector.name)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._closing.wait(self._turn())

    def _turn(self) -> float:
        """Take a turn; an error that nobody foresaw is one connector's, and ends no other's."""
        try:
            return self._courier.turn()
        except Exception as fault:  # noqa: BLE001  # said where, never what with: it may quote a credential
            self._courier.word = _UNFORESEEN
            sys.stderr.write(f"connector {self.name}: {describe(fault)}\n")
            sys.stderr.flush()
            return LAST

    def _note(self, what: What, first: int, count: int, why: str) -> bool:
        """Have something put on record, and wait until it is; what is not in time may come twice."""
        self._noted.clear()
        self._awaited = first
        self._says.put(sm.Departed(connector=self.name, what=what, entry=first, count=count, reason=why))
        return self._noted.wait(_NOTED_SECONDS)

    def noted(self, entry: int) -> None:
        """Take it that the `Departed` of that entry is on record; one that comes late is of no other."""
        if entry == self._awaited:
            self._noted.set()

    def _open(self) -> tuple[int, int]:
        """Have the file opened that entries are appended to, and return it and its folder.

        Raises:
            OSError: it cannot be, or nobody answered.
        """
        self._says.put(sm.FileWanted(connector=self.name))
        try:
            answer = self._files.get(timeout=_NOTED_SECONDS)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return answer

    def opened(self, answer: sm.FileOpened, fds: list[int]) -> None:
        """Take the descriptors that came with an answer, or why there are none."""
        self._files.put((fds[0], fds[1]) if fds else answer.errno)

    def news(self) -> sm.Shipped | None:
        """Return how far it has come, where that is not what was told last."""
        one = self._courier
        found = sm.Shipped(
            connector=self.name, next=one.next, oldest=one.oldest, delivered=one.delivered, word=one.word
        )
        if found == self._told:
            return None
        self._told = found
        return found

    def stop(self) -> None:
        """Begin nothing more."""
        self._closing.set()

    def join(self, seconds: float) -> None:
        """Wait for what is being delivered, so long at most."""
        self._thread.join(seconds)


def serve(
    channel: Channel, carriers: tuple[Carrier, ...], says: "queue.SimpleQueue[Message]", stop: int
) -> None:
    """Take orders and tell how far each connector has come, until the process is told to stop.

    Args:
        channel: to the supervisor; without it the process ends.
        carriers: what is shipped.
        says: what they have put on record.
        stop: descriptor that becomes readable once it is told.
    """
    known = {carrier.name: carrier for carrier in carriers}
    while True:
        ready, _, _ = select.select([channel.fileno(), stop], [], [], _TELL_SECONDS)
        if stop in ready:
            return
        if channel.fileno() in ready:
            order, fds = channel.receive()
            if isinstance(order, sm.Noted) and order.connector in known:
                known[order.connector].noted(order.entry)
            if isinstance(order, sm.FileOpened) and order.connector in known:
                known[order.connector].opened(order, fds)
            if isinstance(order, m.Ask):
                channel.send(m.Alive())
        _tell(channel, carriers, says)


def _tell(channel: Channel, carriers: tuple[Carrier, ...], says: "queue.SimpleQueue[Message]") -> None:
    while not says.empty():
        channel.send(says.get())
    for carrier in carriers:
        if (news := carrier.news()) is not None:
            channel.send(news)


def _source(folder: Folder) -> Source:
    try:
        known = load_verifiers(folder.ledger)
    except CheckpointMalformed:
        known = None  # the sealer says so, and louder
    host = socket.gethostname()
    return Source(__version__, known.origin if known else "-", host if host.isascii() and host else "-")


def reach(folder: Folder, connectors: tuple[Connector, ...]) -> Reach:
    """Return what the shipper goes on needing: the tree, the cursors, and ways to its receivers."""
    folder.connectors.mkdir(mode=0o700, exist_ok=True)
    datagrams = any(one.scheme == DATAGRAMS for one in connectors)
    places = [(one.host, one.port) for one in connectors if one.host]
    found = Reach("shipper", reads=(folder.ledger,), keeps=(folder.connectors,), datagrams=datagrams)
    return towards(found, places)


def main(argv: list[str]) -> int:
    """Ship until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], sm.ShipperOrders)
    try:
        boot, (what,) = channel.receive()
        folder, says, clock = Folder(Path(boot.folder)), queue.SimpleQueue[Message](), SystemClock()
        connectors = msgspec.json.decode(read_sealed(what), type=tuple[Connector, ...])
        source = _source(folder)
        held = confine(reach(folder, connectors)) if boot.confined else Confinement()
        carriers = tuple(Carrier(each, folder, source, clock, says) for each in connectors)
        channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
        serve(channel, carriers, says, stop)
    except (CertificateUnusable, IsolationUnavailable) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:  # the supervisor is gone
        os._exit(0)
    for carrier in carriers:
        carrier.stop()
    until = clock.now() + int(_LAST_SECONDS * 1_000_000_000)
    for carrier in carriers:
        carrier.join(max(0.0, (until - clock.now()) / 1_000_000_000))
    os._exit(0)  # whatever a receiver still keeps waiting: it is delivered again


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
