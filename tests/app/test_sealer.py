"""The sealer, with a supervisor's end of its channel in the test: writers that are ahead of it hold nobody up."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed, pair
from bartizan.app.folder import Folder
from bartizan.app.sealer import Sealer
from bartizan.clock import SystemClock
from bartizan.isolation.memory import sealed
from bartizan.ledger.installation import RESERVE, segment_path
from bartizan.ledger.journal import Journal
from bartizan.ledger.sequence import Sequencer
from bartizan.store.reserve import Reserve
from tests.ledger.ground import BOOT, admit

RECORDS = 40_000
"""Records of a backlog: a dozen readings."""
PATIENCE_S = 60


class Supervised:
    """A sealer in a thread of its own, and what its supervisor says and hears."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        ours, theirs = pair()
        ours.setblocking(True)
        ours.settimeout(PATIENCE_S)
        self.channel = Channel(ours, m.SealerReports)
        self.entries = 0
        self._theirs = theirs
        self._thread = threading.Thread(target=self._seal)
        self._thread.start()

    def _seal(self) -> None:
        with self._theirs, suppress(ChannelClosed):
            boot = m.BootSealer(folder=str(self.folder.root), names=["localhost"], boot=BOOT, live=[])
            room = Reserve(self.folder.ledger / RESERVE, 1 << 16)
            Sealer(Channel(self._theirs, m.SealerOrders), boot, room).run()

    def hear(self, kind: type) -> object:
        """Return the next report of a kind; take note of how many entries the tree has."""
        while True:
            report, _ = self.channel.receive()
            if isinstance(report, m.Sealed):
                self.entries = report.entries
            if isinstance(report, kind):
                return report

    def register(self, number: int, key: bytearray, line: int) -> None:
        fd = sealed(key)
        try:
            self.channel.send(m.Register(segment=number, writer="worker", line=line), [fd])
        finally:
            os.close(fd)

    def end(self) -> None:
        self.channel.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        self.channel.close()
        assert not self._thread.is_alive()


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    folder = Folder(tmp_path / "state")
    folder.make()
    with folder.locked():
        one = Supervised(folder)
        yield one
        one.end()


def writing(supervised: Supervised) -> tuple[Journal, int]:
    """Return a journal on a segment that the sealer knows, and its descriptor."""
    ready = supervised.hear(m.Ready)
    assert isinstance(ready, m.Ready)
    number, key = ready.segment, bytearray(os.urandom(32))
    supervised.register(number, bytearray(key), number)
    supervised.hear(m.Registered)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    fd = os.open(segment_path(supervised.folder.ledger, number), flags, 0o600)
    return Journal(fd, key, number, "worker", BOOT, SystemClock(), 1 << 30), fd


@pytest.mark.slow
def test_who_wants_to_go_on_writing_is_heard_before_everything_is_sealed(
    supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, fd = writing(supervised)
    asked, tail = threading.Event(), Sequencer.tail

    def waits(sequencer: Sequencer) -> int:
        assert asked.wait(
            PATIENCE_S
        )  # it begins to seal when it has been asked, not while this thread is about to
        return tail(sequencer)

    monkeypatch.setattr(Sequencer, "tail", waits)
    try:
        for number in range(RECORDS):
            admit(journal, number)
        journal.flush()
        supervised.register(journal.segment + 1, bytearray(os.urandom(32)), journal.segment)
        asked.set()
        supervised.hear(m.Registered)
        assert supervised.entries < RECORDS  # much is left to seal, and the writer may go on
        while supervised.entries < RECORDS:
            supervised.hear(m.Sealed)
    finally:
        os.close(fd)


def test_orders_without_end_keep_nothing_from_being_sealed(supervised: Supervised) -> None:
    journal, fd = writing(supervised)
    try:
        for number in range(10):
            admit(journal, number)
        journal.flush()
        end = time.monotonic() + PATIENCE_S
        while supervised.entries < journal.sequence and time.monotonic() < end:
            supervised.channel.send(m.Ask())
            supervised.hear(m.Alive)
        assert supervised.entries == journal.sequence
    finally:
        os.close(fd)
