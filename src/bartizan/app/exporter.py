"""The exporter: takes what workers note of requests, and hands it to the collector that configuration names.

Rules of this file: it has no key, no record and no way into another process; what it connects to, egress decides. It is
confined before it reads or sends anything (`isolation/carrier.py`).
What comes through the pipe may be an adversary's: lines of one form, so many octets at a time, and names that
configuration has. One thread reads and takes orders, and never waits for the collector; the other does.
"""

import os
import select
import sys
import threading
from typing import Final

import msgspec

from bartizan.app import messages as m
from bartizan.app.boards import opened
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.export import EXPORT, EXPORTED, QUEUE, Collector, Outbox
from bartizan.app.outcry import LINES
from bartizan.app.tracing import Exporting, teller_of
from bartizan.clock import Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls import CertificateUnusable
from bartizan.isolation.carrier import Reach, confine, towards
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.memory import read_sealed
from bartizan.store.limits import gcra
from bartizan.traces.otlp import known
from bartizan.traces.passage import LONGEST, Passage, passage

_READ_OCTETS: Final = 65_536
_PACE_SECONDS: Final = 0.01
"""Between two readings: no flood through the pipe takes a processor."""
_LAST_SECONDS: Final = 3.0
"""How long the last batch may take once the platform stops."""


class Lines:
    """Cuts what comes through the pipe into lines; what is longer than any of ours is thrown away."""

    def __init__(self) -> None:
        """Have nothing yet."""
        self._rest = b""

    def feed(self, octets: bytes) -> list[bytes]:
        """Return the lines that are whole by now, without their ends."""
        *lines, rest = (self._rest + octets).split(b"\n")
        self._rest = rest[: LONGEST + 1]  # one octet too many stays one octet too many
        return lines


class Exporter:
    """What one exporter does.

    Args:
        what: it is to do.
        pipe: that passages come through.
        board: descriptor of where it counts.
        clock: the time.
    Raises:
        CertificateUnusable: the collector's authorities cannot be read.
    """

    def __init__(self, what: Exporting, pipe: int, board: int, clock: Clock) -> None:
        """Begin to send."""
        self.closing = threading.Event()
        self._pipe, self._clock, self._teller = pipe, clock, teller_of(what)
        self._board, self._counting = opened(board, EXPORTED), threading.Lock()
        self._lines, self._outbox = Lines(), Outbox()
        self._collector = Collector(self._teller, what.traces, self.count, self.closing)
        self._said, self._says = "", Nanoseconds(0)
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def count(self, word: str, spans: int) -> None:
        """Count spans that came to this end."""
        if spans:
            with self._counting:
                self._board.words[self._board.place(EXPORT, word)] += spans

    def read(self) -> bool:
        """Take some of what is in the pipe; return whether there was anything."""
        try:
            octets = os.read(self._pipe, _READ_OCTETS)
        except BlockingIOError:
            return False
        for line in self._lines.feed(octets):
            found = passage(line)
            if found is None or not known(self._teller, found):
                self.count("malformed", 1)
            else:
                self._put(found)
        self.show()
        return bool(octets)

    def _put(self, found: Passage) -> None:
        if not self._outbox.put(found):
            self.count("queue-full", found.spans)

    def show(self) -> None:
        """Tell how much waits."""
        with self._counting:
            self._board.words[self._board.place(QUEUE)] = self._outbox.spans

    def close(self) -> None:
        """Read what is left, and give the collector a last chance."""
        self.closing.set()
        while self.read():
            pass
        self._outbox.close()
        self._sender.join(_LAST_SECONDS)

    def _send(self) -> None:
        while batch := self._outbox.take():
            word = self._collector.hand_over(batch)
            self.show()
            if word != self._said:
                self._say(word)

    def _say(self, word: str) -> None:
        """Say how the collector stands, if not too much was said lately; else the next time that it still does."""
        allowed, self._says, _ = gcra(self._says, self._clock.now(), LINES)
        if allowed:
            self._said = word
            sys.stderr.write(f"the collector {f'does not take traces: {word}' if word else 'takes traces'}\n")
            sys.stderr.flush()


def serve(channel: Channel, exporter: Exporter, stop: int, pipe: int) -> None:
    """Export until the process is told to stop.

    Args:
        channel: to the supervisor; without it the process ends.
        exporter: what it does.
        stop: descriptor that becomes readable once it is told.
        pipe: that passages come through.
    """
    while True:
        ready, _, _ = select.select([channel.fileno(), stop, pipe], [], [])
        if stop in ready:
            exporter.close()
            return
        if channel.fileno() in ready:
            channel.receive()
            channel.send(m.Alive())
        if pipe in ready:
            exporter.read()
            select.select([channel.fileno(), stop], [], [], _PACE_SECONDS)


def reach(what: Exporting) -> Reach:
    """Return what the exporter goes on needing: a way to the collector."""
    return towards(Reach("exporter"), [(what.traces.host, what.traces.port)])


def main(argv: list[str]) -> int:
    """Export until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], m.ExporterOrders)
    try:
        boot, (pipe, board, what) = channel.receive()
        exporting = msgspec.json.decode(read_sealed(what), type=Exporting)
        held = confine(reach(exporting)) if boot.confined else Confinement()
        exporter = Exporter(exporting, pipe, board, SystemClock())
        channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
        serve(channel, exporter, stop, pipe)
    except (CertificateUnusable, IsolationUnavailable) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:  # the supervisor is gone
        os._exit(0)
    os._exit(0)  # whatever the sender still waits for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
