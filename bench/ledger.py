"""How fast the ledger is beside its limits: `python -m bench.ledger`.

Journal appends; sequencing in groups of 2 to 1,000, beside plain SQLite inserting the same bodies and beside
the limit, raw fsync/s of the same disk times the group; verifying; proofs at the size reached. The parts of one
row are measured in turns, so that a busy machine slows all of them. Bring an idle disk and a minute.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.clock import SystemClock
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import segment_path
from bartizan.ledger.journal import Journal
from bartizan.ledger.segment import read
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.tree import check_inclusion, inclusion_proof
from bartizan.ledger.verify import Verification, verify
from bench.bed.disk import NotMeasured, on_disk
from bench.bed.report import table

GROUPS = (2, 10, 100, 1000)
_ROUNDS = 3


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where what was timed did not do its work."""
    return on_disk("ledger", __doc__, 300_000, _measured, words)


def _measured(folder: Path, entries: int) -> str:
    return "\n\n".join((_journal(folder), _groups(folder), _tree(folder, entries)))


class Bed:
    """A ledger with one writer."""

    def __init__(self, folder: Path) -> None:
        signers = Signers(
            "bartizan.local/0000000000000000",
            SigningKey.generate(Algorithm.ED25519),
            SigningKey.generate(Algorithm.ML_DSA_44),
        )
        self.folder, self.keys, self.clock = folder, signers.verifiers, SystemClock()
        self.sequencer = Sequencer(folder, signers, self.clock)
        self.key = os.urandom(32)
        self.sequencer.register(1, "worker", self.key)
        file = os.open(segment_path(folder, 1), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.journal = Journal(file, bytearray(self.key), 1, "worker", "00" * 16, self.clock, 1 << 40)
        self.number = 0

    def request(self) -> None:
        """Both records of a request, not yet written."""
        self.number += 1
        request, actor = f"q-{self.number:016x}", f"p-{self.number % 1000:016x}"
        admitted = self.journal.record(
            "gateway.request.admitted",
            actor,
            request,
            Outcome.ALLOWED,
            "access.request-authorized",
            {
                "service": "assistant",
                "route": "chat",
                "group": "x25519mlkem768",
                "octets": 1234,
                "generation": 7,
                "content": f"{self.number:064x}",
            },
        )
        self.journal.record(
            "gateway.request.completed",
            actor,
            request,
            Outcome.DONE,
            "",
            {
                "admitted": admitted,
                "status": 200,
                "octets": 4321,
                "input": 12,
                "output": 340,
                "micros": 812_000,
            },
        )

    def requests(self, count: int, grouped: int = 50) -> None:
        """So many requests, written in groups."""
        for each in range(count):
            self.request()
            if each % grouped == 0:
                self.journal.flush()
        self.journal.flush()


def _journal(folder: Path) -> str:
    bed = Bed(folder / "journal")
    rows = []
    for grouped in (1, 10, 50):
        cpu, wall = _best(lambda grouped=grouped: bed.requests(20_000, grouped))  # type: ignore[misc]  # bound at once
        rows.append(
            [f"{2 * grouped} records a write", f"{40_000 / wall:,.0f}/s", f"{cpu / 40_000 * 1e6:.2f} us"]
        )
    data = segment_path(bed.folder, 1).read_bytes()[: 32 << 20]
    cpu, _ = _best(lambda: read(data, bed.key, 0))
    count = len(read(data, bed.key, 0).bodies)
    rows.append(["read back and checked", f"{count / cpu:,.0f}/CPU-s", f"{cpu / count * 1e6:.2f} us"])
    bed.sequencer.release()
    return table(["journal (goal: 200,000/s)", "records", "CPU a record"], rows)


def _groups(folder: Path) -> str:
    rows = []
    for group in GROUPS:
        rounds = max(3, min(150, 20_000 // group))
        bed = Bed(folder / f"group-{group}")
        bed.sequencer.tail()
        before = bed.sequencer.size
        plain = _plain(folder / f"plain-{group}.db")
        probe = os.open(folder / "probe", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        raw = ours = theirs = cpu = 0.0
        for turn in range(rounds):
            for _ in range(group // 2):
                bed.request()
            bed.journal.flush()
            raw += _timed(lambda: _sync(probe, group))[0]  # noqa: B023  called at once
            wall, spent = _timed(bed.sequencer.tail)
            ours, cpu = ours + wall, cpu + spent
            theirs += _timed(lambda: _insert(plain, turn, group))[0]  # noqa: B023  called at once
        records = rounds * group
        _require(f"sequenced in groups of {group}", bed.sequencer.size - before, records)
        limit, reached = records / raw, records / ours
        rows.append(
            [
                f"{group:,}",
                f"{limit:,.0f}/s",
                f"{reached:,.0f}/s",
                f"{reached / limit:.2f}",
                f"{records / theirs:,.0f}/s",
                f"{cpu / records * 1e6:.1f} us",
            ]
        )
        bed.sequencer.release()
        plain.close()
        os.close(probe)
    heading = [
        "group",
        "limit: fsync x group",
        "sequenced",
        "of the limit (goal: 0.7)",
        "plain SQLite",
        "CPU a record",
    ]
    return table(heading, rows)


def _tree(folder: Path, entries: int) -> str:
    bed = Bed(folder / "tree")
    while bed.sequencer.size < entries:
        bed.requests(10_000)
        while bed.sequencer.tail():
            pass
    note = bed.sequencer.checkpoint()
    found = list[Verification]()
    cpu, _ = _best(lambda: found.append(verify(bed.folder, bed.keys, note)), 1)
    _require("verified", found[0].entries if found[0].intact else 0, bed.sequencer.size)
    size, tree = bed.sequencer.size, bed.sequencer._tree  # noqa: SLF001  the proofs' own cost
    root = tree.frontier.root()
    indices = [number * 7919 % size for number in range(500)]
    made, _ = _best(lambda: [inclusion_proof(tree.node, index, size) for index in indices])
    proofs = [inclusion_proof(tree.node, index, size) for index in indices]
    leaves = [tree.node(0, index) for index in indices]

    def check() -> None:
        for leaf, index, proof in zip(leaves, indices, proofs, strict=True):
            check_inclusion(leaf, index, size, proof, root)

    checked, _ = _best(check)
    believed, _ = _best(lambda: [bed.keys.open(note) for _ in range(100)])
    million = 10 * 1_000_000
    rows = [
        [
            "verify",
            f"{size / cpu:,.0f}/CPU-s",
            f"10 M entries in {million / size * cpu:.1f} CPU-s (goal: 30)",
        ],
        [
            "make an inclusion proof",
            f"{made / 500 * 1e6:.0f} us",
            f"{len(proofs[0])} hashes (goal at 10 M: 200 us)",
        ],
        ["check it", f"{checked / 500 * 1e6:.1f} us", "(goal at 10 M: 20 us)"],
        ["check a checkpoint's two signatures", f"{believed / 100 * 1e6:.0f} us", "once a checkpoint"],
    ]
    bed.sequencer.release()
    return table([f"tree of {size:,} entries", "CPU", ""], rows)


def _require(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise NotMeasured(f"{what}: {found:,} of {wanted:,}")


def _plain(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    return connection


def _insert(connection: sqlite3.Connection, turn: int, group: int) -> None:
    connection.execute("BEGIN")
    rows = [(turn * group + number, os.urandom(8) * 38) for number in range(group)]
    connection.executemany("INSERT INTO entries VALUES (?, ?)", rows)
    connection.execute("COMMIT")


def _sync(file: int, group: int) -> None:
    os.write(file, bytes(304) * group)
    os.fsync(file)


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return the wall time and the processor time of doing it once, in seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def _best(act: Callable[[], object], rounds: int = _ROUNDS) -> tuple[float, float]:
    """Return the least processor time and the least wall time of doing it, in seconds."""
    seen = [_timed(act) for _ in range(rounds)]
    return min(cpu for _, cpu in seen), min(wall for wall, _ in seen)


if __name__ == "__main__":
    sys.exit(main())
