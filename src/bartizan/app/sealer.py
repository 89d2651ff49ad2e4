"""The sealer: brings the journals into the tree, signs checkpoints, and certifies the workers' keys.

Rules of this file: it alone holds the ledger's and the authorities' keys; it has no network. Its orders come
from the supervisor; what workers wrote is checked record by record. When its orders end, it seals what is
there and ends.
"""

import contextlib
import gc
import select
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Final

from bartizan.app import messages as m
from bartizan.app.attesting import Attesting
from bartizan.app.authorities import Authorities
from bartizan.app.channel import Channel, ChannelClosed, close
from bartizan.app.folder import Folder
from bartizan.clock import MILLISECOND, SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.keyring import KeyExposed, KeyUnreadable
from bartizan.crypto.x509 import NameNotAllowed, RequestRefused
from bartizan.isolation.heap import keep_apart
from bartizan.isolation.kernel import no_new_privileges, not_dumpable
from bartizan.isolation.memory import read_sealed
from bartizan.ledger import prune
from bartizan.ledger.checkpoint import CheckpointInvalid
from bartizan.ledger.columns import remove
from bartizan.ledger.database import FILE, LedgerUnreadable
from bartizan.ledger.installation import RESERVE, RESERVED, KeysReplaced, PlatformRunning, load_signers
from bartizan.ledger.prune import Retention
from bartizan.ledger.sequence import SegmentTaken, Sequencer
from bartizan.ledger.signing import TreeDiffers
from bartizan.store.reserve import Reserve

_LOOK_MS: Final = 100
_LOOK: Final = Nanoseconds(_LOOK_MS * MILLISECOND)
"""How long the sealer waits for orders before it looks at the journals again; what came meanwhile is one group."""
_SIGN_EVERY: Final = Nanoseconds(SECOND // 2)
"""How often a growing tree is signed; one that has stopped growing is signed at once."""
_PRUNE_EVERY: Final = Nanoseconds(3600 * SECOND)
"""How often it is looked for entries that have expired; those that have go a range a turn."""
_SET_BACK: Final = Nanoseconds(60 * SECOND)
"""How far the wall clock may have been set back since, so that times of the start still count."""
_GARBAGE: Final = 200_000
"""Objects that are made and not yet unmade, before cycles among them are looked for."""
_LARGE: Final = 256 << 10
"""Octets from which on a piece of memory is given back whole: what is read of a journal at once comes to more."""
_LOOK_FOR_ROOM: Final = Nanoseconds(60 * SECOND)
"""How often the reserve is looked for, which was given back where the disk was full."""
_PREDECESSOR: Final = Nanoseconds(10 * SECOND)
"""How long a sealer of an earlier run may take to finish."""
_LAST_WORDS: Final = Nanoseconds(10 * SECOND)
"""How long writers may take to end after a supervisor that died without a word."""
_MOMENT_S = 0.02
REFUSED: Final = (
    KeyExposed, KeyUnreadable, KeysReplaced, PlatformRunning, LedgerUnreadable, TreeDiffers, CheckpointInvalid,
)  # fmt: skip
"""Faults after which nothing may be sealed; each says what to do."""


class Sealer:
    """The sequencer and the authorities, behind the supervisor's channel."""

    def __init__(self, channel: Channel, boot: m.BootSealer, room: Reserve) -> None:
        """Load every key, and finish what earlier writers left.

        Raises:
            KeyExposed, LedgerUnreadable, TreeDiffers, ...: one of `REFUSED`.
        """
        folder, self._clock = Folder(Path(boot.folder)), SystemClock()
        self._channel = channel
        self._authorities = Authorities(folder, tuple(boot.names), self._clock, boot.trust_domain)
        self._attesting = Attesting(channel, self._authorities, boot)
        self._sequencer = _sequencer(folder, self._clock)
        self._hear_out(frozenset(boot.live))
        self._sequencer.recover(frozenset(boot.live))
        self._told, self._told_altered = (-1, -1), set[int]()
        self._signed = self._looked_for_room = self._clock.now()
        self._prunes = Nanoseconds(self._signed + prune.BEGINS_AFTER)
        self._room = room
        room.keep()
        self._retention = Retention(
            Nanoseconds(boot.keep_requests * SECOND), Nanoseconds(boot.keep_others * SECOND)
        )
        if not boot.columns:
            _forget_copy(folder)

    def run(self) -> None:
        """Seal until the orders end, then seal what is left."""
        self._seal()
        self._channel.send(m.Ready(segment=self._sequencer.next_number()))
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        with contextlib.suppress(ChannelClosed):
            behind, looked = False, self._clock.now()
            while True:  # in turns: neither waits for the other, however much there is to obey or to seal
                if poll.poll(0 if behind else _LOOK_MS):
                    self._obey(*self._channel.receive())
                now = self._clock.now()
                if behind or now - looked >= _LOOK:
                    behind, looked = self._seal(), now
        self._hear_out(frozenset())
        self._sequencer.recover()
        self._sequencer.checkpoint()
        self._sequencer.release()

    def _hear_out(self, live: frozenset[int]) -> None:
        """Wait for the ends of writers that nobody speaks for any more: what they said after theirs would be altered."""
        until = self._clock.now() + _LAST_WORDS
        while self._sequencer.written(live) and self._clock.now() < until:
            select.select([], [], [], _MOMENT_S)

    def _obey(self, order: m.SealerOrders, fds: list[int]) -> None:
        match order:
            case m.Register():
                self._channel.send(self._register(order, read_sealed(fds.pop())))
            case m.Close(segment=segment):
                self._sequencer.close(segment)
            case m.SignSvid():
                self._attesting.put(order, fds)
            case m.SignLeaf(worker=worker, request=request):
                self._channel.send(self._sign(worker, request))
            case m.Ask():
                self._channel.send(m.Alive())
            case m.BootSealer():
                pass  # said once, before this
        close(fds)

    def _register(self, order: m.Register, key: bytearray) -> m.Registered:
        try:
            self._sequencer.register(order.segment, order.writer, key, order.line)
        except SegmentTaken:
            return m.Registered(segment=order.segment, taken=True)
        finally:
            key[:] = bytes(len(key))
        return m.Registered(segment=order.segment)

    def _sign(self, worker: int, request: str) -> m.LeafSigned:
        try:
            chain = self._authorities.sign(request.encode("utf-8"))
            named = self._authorities.sign(request.encode("utf-8"), addresses=False)
        except (NameNotAllowed, RequestRefused) as fault:
            return m.LeafSigned(worker=worker, fault=str(fault))
        return m.LeafSigned(worker=worker, chain=chain.decode("ascii"), named=named.decode("ascii"))

    def _seal(self) -> bool:
        """Bring in some of what the journals hold, and sign it when it is time; return whether there is much more."""
        grew = self._sequencer.tail()
        now = self._clock.now()
        if not grew or now - self._signed > _SIGN_EVERY:
            self._sequencer.checkpoint()
            self._signed = now
        if now - self._looked_for_room > _LOOK_FOR_ROOM:
            self._room.keep()
            self._looked_for_room = now
        altered = self._sequencer.altered
        for segment in set(altered) - self._told_altered:
            self._channel.send(m.Altered(segment=segment))
        self._told_altered = set(altered)
        state = (self._sequencer.size, len(altered))
        if state != self._told:
            self._channel.send(m.Sealed(entries=state[0], altered=state[1]))
            self._told = state
        if self._sequencer.behind:
            return True
        self._prune(now)
        return False

    def _prune(self, now: Nanoseconds) -> None:
        """Take out one range of what has expired, if it is time to look, and by a clock that can be right.

        What is pruned is gone for good. One that was set back since the start went ahead at the start, and time is
        counted from there until the next one.
        """
        if (
            now >= self._prunes
            and self._clock.step() > -_SET_BACK
            and self._sequencer.prune(self._retention) is None
        ):
            self._prunes = Nanoseconds(now + _PRUNE_EVERY)  # nothing more has expired


def _forget_copy(folder: Folder) -> None:
    """Remove a copy in columns that nobody keeps any more: what is pruned here would stay there."""
    try:
        remove(folder.ledger)
    except OSError as fault:
        sys.stderr.write(f"the copy of the ledger in columns cannot be removed, remove it: {fault}\n")


def _sequencer(folder: Folder, clock: Clock) -> Sequencer:
    """Return the sequencer; a predecessor whose supervisor was killed may still be sealing, and is waited for."""
    until = clock.now() + _PREDECESSOR
    while True:
        try:
            return Sequencer(folder.ledger, load_signers(folder.keys, folder.ledger), clock)
        except PlatformRunning:
            if clock.now() > until:
                raise
            select.select([], [], [], _LOOK_MS / 1000)


def main(argv: list[str]) -> int:
    """Seal until the supervisor is gone; `argv` holds the descriptor of the channel. Returns the exit status."""
    no_new_privileges()
    not_dumpable()
    keep_apart(_LARGE)
    channel = Channel(socket.socket(fileno=int(argv[0])), m.SealerOrders)
    boot, _ = channel.receive()
    kept = Folder(Path(boot.folder)).ledger
    room, log = Reserve(kept / RESERVE, RESERVED), kept / f"{FILE}-wal"
    try:
        sealer = Sealer(channel, boot, room)
        gc.freeze()
        gc.set_threshold(_GARBAGE, 10, 100)  # a batch is a hundred thousand objects and no cycle
        sealer.run()
    except REFUSED as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except sqlite3.OperationalError as fault:  # a full disk, or one that fails
        spare = "what was reserved for this is in use now, so " if room.hand_to(log) else ""
        words = f"the ledger in {boot.folder} cannot be written: {fault}; {spare}free some space on its disk"
        sys.stderr.write(f"{words}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
