"""The feeder: submits the ledger's checkpoints to its witnesses, and writes down what enough of them have cosigned.

Rules of this file: it has no key and nothing to give away: checkpoints are public, and what it reads of the ledger are
hashes. What it connects to, egress decides, and it is confined before it asks anybody (`isolation/carrier.py`). Each witness is asked by a thread of its own, so that none waits for another;
the thread that takes orders waits for none of them.
"""

import os
import queue
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app import messages as m
from bartizan.app import shipping_messages as sm
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.feeding import COSIGNED, FAILURES, FINDINGS, Feeding, Said
from bartizan.app.outcry import describe
from bartizan.app.submission import Submitter, prover
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls import CertificateUnusable
from bartizan.isolation.carrier import Reach, confine, towards
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.memory import read_sealed
from bartizan.ledger.checkpoint import CheckpointMalformed, parse_point
from bartizan.ledger.installation import CHECKPOINT, WITNESSED, read_small, write_whole
from bartizan.ledger.quorum import Quorum

LOOK_SECONDS: Final = 0.5
"""How often there is a look at the checkpoint."""
EVERY: Final = Nanoseconds(3 * SECOND)
"""How often a new one is submitted, at most."""
AGAIN: Final = Nanoseconds(600 * SECOND)
"""How often one that has not changed is submitted again: that it still holds is worth knowing."""
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0)
"""Between attempts that fail, in seconds; the last one stays."""


class Asked(msgspec.Struct, frozen=True):
    """What became of one submission: by which witness, of which note."""

    name: str
    note: bytes
    said: Said


class Asking:
    """A thread that submits the newest checkpoint to one witness.

    Args:
        submitter: the witness.
        latest: () -> the checkpoint as it is now.
        results: takes what became of it.
    """

    def __init__(
        self, submitter: Submitter, latest: Callable[[], bytes], results: "queue.SimpleQueue[Asked]"
    ) -> None:
        """Wait for the first checkpoint."""
        self._submitter, self._latest, self._results = submitter, latest, results
        self._newest, self._closed = b"", False
        self._some = threading.Condition()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def ask(self, note: bytes) -> None:
        """Submit this one as soon as the last submission is through; one that still waits is left out."""
        with self._some:
            self._newest = note
            self._some.notify()

    def close(self) -> None:
        """Ask nothing more, once what is under way is through."""
        with self._some:
            self._closed = True
            self._some.notify()
        self._thread.join()
        self._submitter.close()

    def _live(self) -> None:
        try:
            self._run()
        except Exception as fault:  # noqa: BLE001 - a witness that nobody asks any more would go unseen
            sys.stderr.write(f"{describe(fault)}\n")
            sys.stderr.flush()
            os._exit(4)

    def _run(self) -> None:
        failures = 0
        while True:
            with self._some:
                self._some.wait_for(lambda: self._newest or self._closed)
                note, self._newest = self._newest, b""
            if self._closed:
                return
            said = self._submitter.submit(note)
            if (
                said.word not in FINDINGS or failures
            ):  # somebody else may have submitted a newer one: look twice
                self._results.put(Asked(self._submitter.name, note, said))
            if said.word == COSIGNED:
                failures = 0
                continue
            with self._some:
                self._some.wait_for(lambda: self._closed, _PAUSES[min(failures, len(_PAUSES) - 1)])
                self._newest = self._latest() or note
            failures += 1


class Feeder:
    """What one feeder does.

    Args:
        what: it is to do.
        clock: the time.
    Raises:
        CertificateUnusable: the authorities of a witness cannot be read.
    """

    def __init__(self, what: Feeding, clock: Clock) -> None:
        """Begin to ask."""
        self._folder, self._clock = Path(what.ledger), clock
        self._quorum = Quorum(what.quorum, _size(read_small(self._folder / WITNESSED)))
        self._results: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        prove = prover(self._folder)
        submitters = [Submitter(witness, prove) for witness in what.witnesses]
        self._asking = [Asking(submitter, self._latest, self._results) for submitter in submitters]
        self._words: dict[str, str] = {}
        self._newest, self._begun = b"", Nanoseconds(-AGAIN)

    def look(self) -> None:
        """Have the checkpoint submitted if there is a new one, or if the last time is long ago."""
        now = self._clock.now()
        if now - self._begun < EVERY:
            return
        note = self._latest()
        if not note or (note == self._newest and now - self._begun < AGAIN):
            return
        if _size(note) == 0:  # nothing is in it, or it is none, which verification says
            return
        self._newest, self._begun = note, now
        self._quorum.begin(note)
        for asking in self._asking:
            asking.ask(note)

    def _latest(self) -> bytes:
        return read_small(self._folder / CHECKPOINT)

    def close(self) -> None:
        """Ask nobody any more."""
        for asking in self._asking:
            asking.close()

    def heard(self) -> list[sm.WitnessSaid | sm.Witnessed]:
        """Return what is to be told of what witnesses have answered, after writing down what they cosigned."""
        told: list[sm.WitnessSaid | sm.Witnessed] = []
        while True:
            try:
                asked = self._results.get_nowait()
            except queue.Empty:
                return told
            told += self._taken(asked)

    def _taken(self, asked: Asked) -> list[sm.WitnessSaid | sm.Witnessed]:
        told: list[sm.WitnessSaid | sm.Witnessed] = []
        word = asked.said.word
        if word != self._words.get(asked.name) or word not in FAILURES:
            told.append(sm.WitnessSaid(witness=asked.name, word=word, size=asked.said.size))
        self._words[asked.name] = word
        found = self._quorum.add(asked.note, asked.name, asked.said.lines) if word == COSIGNED else None
        if found is not None:
            try:
                write_whole(self._folder / WITNESSED, found.note)
            except OSError as fault:
                sys.stderr.write(f"what was witnessed cannot be written: {fault.strerror}\n")
                sys.stderr.flush()
            else:
                told.append(sm.Witnessed(size=found.size, count=found.count))
        return told


def _size(note: bytes) -> int:
    try:
        return parse_point(note)[0].size if note else 0
    except CheckpointMalformed:
        return 0


def serve(channel: Channel, feeder: Feeder, stop: int) -> None:
    """Feed until the process is told to stop.

    Args:
        channel: to the supervisor; without it the process ends.
        feeder: what it does.
        stop: descriptor that becomes readable once it is told.
    """
    while True:
        ready, _, _ = select.select([channel.fileno(), stop], [], [], LOOK_SECONDS)
        if stop in ready:
            return
        if channel.fileno() in ready:
            channel.receive()
            channel.send(m.Alive())
        feeder.look()
        for message in feeder.heard():
            channel.send(message)


def reach(what: Feeding) -> Reach:
    """Return what the feeder goes on needing: the tree, where it writes what was cosigned, and ways to the witnesses."""
    ledger = Path(what.ledger)
    cosigned = (ledger / WITNESSED).parent
    cosigned.mkdir(mode=0o700, exist_ok=True)
    places = [(one.host, one.port) for one in what.witnesses]
    return towards(Reach("feeder", reads=(ledger,), keeps=(cosigned,)), places)


def main(argv: list[str]) -> int:
    """Feed until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], sm.FeederOrders)
    try:
        boot, (what,) = channel.receive()
        feeding = msgspec.json.decode(read_sealed(what), type=Feeding)
        held = confine(reach(feeding)) if boot.confined else Confinement()
        feeder = Feeder(feeding, SystemClock())
        channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
        serve(channel, feeder, stop)
    except (CertificateUnusable, IsolationUnavailable) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:  # the supervisor is gone
        os._exit(0)
    os._exit(0)  # whatever threads still wait for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
