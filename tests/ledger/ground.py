"""A ledger on a real disk, and writers that fill it, for the tests of this folder and of the attacks on it."""

import os
import sqlite3
import weakref
from pathlib import Path

from bartizan.clock import SECOND, SetClock
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.drill.ledger_copy import apart
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.entry import entries_in
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import segment_path
from bartizan.ledger.journal import Journal
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.tree import Frontier, leaf_hash
from tests.descriptors import close_left

BOOT = "ab" * 16
START = 1_800_000_000 * SECOND
KEYS = Signers(
    "bartizan.local/00112233445566aa",
    SigningKey.generate(Algorithm.ED25519),
    SigningKey.generate(Algorithm.ML_DSA_44),
)


class Ground:
    """One ledger, its clock and its sequencer. What was opened for it is closed with it."""

    def __init__(self, folder: Path, keys: Signers = KEYS) -> None:
        self.folder, self.keys = folder, keys
        self.clock = SetClock(START)
        self._opened: list[int] = []
        weakref.finalize(self, close_left, folder, self._opened)
        self.open()

    def open(self) -> None:
        """Become the sealer."""
        self.sequencer = Sequencer(self.folder, self.keys, self.clock)
        self._opened.append(self.sequencer._lock)

    def reopen(self) -> None:
        """As after the death of the sealer."""
        self.sequencer.release()
        self.open()

    def segment(self, number: int, writer: str = "worker", line: int = 0) -> tuple[int, bytearray]:
        """Register a segment and return it, opened to append, with its first key."""
        key = bytearray(os.urandom(32))
        self.sequencer.register(number, writer, key, line)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._opened.append(os.open(segment_path(self.folder, number), flags, 0o600))
        return self._opened[-1], key

    def journal(self, number: int, writer: str = "worker", capacity: int = 1 << 20) -> Journal:
        fd, key = self.segment(number, writer)
        return Journal(fd, key, number, writer, BOOT, self.clock, capacity)

    def tail(self) -> int:
        """Bring everything into the tree."""
        total = 0
        while grown := self.sequencer.tail():
            total += grown
        return total

    def apart(self) -> sqlite3.Connection:
        """Give each entry a row of its own, so that it can be attacked alone; return the database."""
        apart(self.sequencer._connection)
        return self.sequencer._connection

    def entries(self) -> list[bytes]:
        """Every entry's octets, in order."""
        rows = self.sequencer._connection.execute("SELECT entry FROM entries ORDER BY number")
        return [entry for (run,) in rows for entry in entries_in(run)]


def admit(journal: Journal, number: int, actor: str = "p-00000000000000aa") -> int:
    detail: dict[str, int | str] = {"service": "sample", "route": "chat", "group": "none", "octets": number}
    control = "access.request-authorized"
    return journal.record(
        "gateway.request.admitted", actor, request(number), Outcome.ALLOWED, control, detail
    )


def complete(journal: Journal, number: int, admitted: int = 0, actor: str = "p-00000000000000aa") -> int:
    detail: dict[str, int | str] = {"admitted": admitted, "status": 200, "octets": 10}
    return journal.record("gateway.request.completed", actor, request(number), Outcome.DONE, "", detail)


def request(number: int) -> str:
    return f"q-{number:016x}"


def fill(ground: Ground, number: int, requests: int) -> Journal:
    """Write a segment with so many requests, each admitted and completed, into the tree; return its journal."""
    journal = ground.journal(number)
    for each in range(requests):
        ground.clock.at += 1000
        complete(journal, each, admit(journal, each))
    journal.flush()
    ground.tail()
    return journal


def signed(folder: Path) -> Ground:
    """A ledger of 400 requests, signed, in which each entry can be attacked alone."""
    ground = Ground(folder)
    fill(ground, 1, 400)
    ground.sequencer.checkpoint()
    ground.apart()
    return ground


def rebuild(ground: Ground) -> None:
    """Make the tree anew out of the entries that are there, as who has the files but not the keys can."""
    connection, tree = ground.sequencer._connection, Frontier()
    connection.execute("DELETE FROM tiles")
    for tile in tree.append(leaf_hash(entry) for entry in ground.entries()):
        connection.execute("INSERT INTO tiles VALUES (?, ?, ?)", (tile.level, tile.number, tile.hashes))
    connection.execute("UPDATE state SET size = ?, frontier = ?", (tree.size, tree.encode()))
