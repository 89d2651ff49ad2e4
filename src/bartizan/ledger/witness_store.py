"""What a witness remembers: of each ledger that it trusts, the largest tree that it cosigned; and what it refused.

Rules of this file: to forget is to be deceived, so the database is made once, with the witness's keys, belongs to those
keys, and is never made by whoever answers requests: one that is lost ends the witness. What was seen is compared and
replaced in one transaction, durably, and signed inside it: no two cosignatures contradict each other, whatever comes at
once, from however many processes. What is kept as evidence is signed by the ledger, so that nobody else can fill it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, Self

import msgspec

from bartizan.clock import Clock
from bartizan.crypto.keyring import sync_folder
from bartizan.ledger.checkpoint import Checkpoint, CheckpointMalformed, Verifiers, parse_verifiers
from bartizan.ledger.cosignature import Cosigner, Witness
from bartizan.ledger.database import transaction
from bartizan.ledger.note import NoteMalformed
from bartizan.ledger.tree import EMPTY_ROOT
from bartizan.ledger.witness import Evidence, Reason, Refused, Request, Seen, judge, opened, parse

FILE: Final = "witness.db"
MOST_LOGS: Final = 1000
MOST_KEPT: Final = 16
"""Pieces of evidence of one kind about one ledger; the first ones stay."""
_BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = (
    # one row: the public keys that this database belongs to, and the names that clients reach the witness by
    "CREATE TABLE witness (one INTEGER PRIMARY KEY CHECK (one = 1), keys BLOB NOT NULL, hosts TEXT NOT NULL)",
    # the largest tree of each ledger that was cosigned, and its note as it came; one that is trusted no more stays
    """CREATE TABLE logs (origin TEXT PRIMARY KEY, keys BLOB NOT NULL, size INTEGER NOT NULL,
    root BLOB NOT NULL, note BLOB NOT NULL, trusted INTEGER NOT NULL) WITHOUT ROWID""",
    # what was refused and signed; `seen` is the note that it contradicts
    """CREATE TABLE evidence (number INTEGER PRIMARY KEY, origin TEXT NOT NULL, kind TEXT NOT NULL,
    size INTEGER NOT NULL, root BLOB NOT NULL, request BLOB NOT NULL, seen BLOB NOT NULL,
    UNIQUE (origin, kind, size, root))""",
)


_Row = tuple[bytes, int, bytes, bytes, int]
"""Keys, size, root and note of a ledger, and whether it is trusted."""
_TRUSTED: Final = 4


class WitnessUnusable(Exception):
    """What a witness remembers is not there, or not this witness's; it must not answer."""

    def __init__(self, file: Path, fault: str) -> None:
        """Name the database and the fault."""
        super().__init__(f"{file} {fault}")
        self.file, self.fault = file, fault


class LogRefused(Exception):
    """A ledger that this witness cannot trust, or has never trusted; the message says why."""


class Log(msgspec.Struct, frozen=True):
    """A ledger: its keys, the largest tree of it that was cosigned, evidence by kind, and whether it is trusted still."""

    keys: Verifiers
    seen: Seen
    evidence: dict[str, int]
    trusted: bool = True


class Kept(msgspec.Struct, frozen=True):
    """A piece of evidence: the request that was refused, and the signed note that it contradicts."""

    origin: str
    kind: Evidence
    size: int
    request: bytes
    seen: bytes


class Answer(msgspec.Struct, frozen=True):
    """What becomes of a request.

    Attributes:
        lines: the cosignatures; empty where it is refused.
        refused: why, if it is.
        kept: what was newly kept as evidence.
    """

    lines: bytes = b""
    refused: Refused | None = None
    kept: Kept | None = None


def create(folder: Path, witness: Witness, hosts: tuple[str, ...]) -> None:
    """Make the database of a new witness, durably.

    Args:
        folder: where there is none yet.
        witness: whose it is.
        hosts: names and addresses that clients reach it by.
    Raises:
        FileExistsError: there is one.
    """
    path = folder / FILE
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(_connected(path)) as connection, transaction(connection):
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO witness VALUES (1, ?, ?)", (witness.encode(), "\n".join(hosts)))
    sync_folder(folder)


class Store:
    """The database of a witness; may be asked by several threads, and several processes may have it open.

    Attributes:
        hosts: names and addresses that clients reach the witness by.
    """

    def __init__(self, folder: Path, witness: Witness) -> None:
        """Open it.

        Args:
            folder: where it lies.
            witness: whose it must be.
        Raises:
            WitnessUnusable: it is lost, damaged, or another's.
        """
        self._file, self._lock = folder / FILE, threading.Lock()
        if not self._file.is_file():
            lost = "is lost, and with it what this witness has seen: retire its keys and make a new one"
            raise WitnessUnusable(self._file, lost)
        try:
            with ExitStack() as undo:
                self._connection = undo.enter_context(closing(_connected(self._file)))
                tables = self._connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
                if tuple(sql for (sql,) in tables) != _SCHEMA:
                    raise WitnessUnusable(self._file, "is not the database of a witness of this version")
                keys, hosts = self._connection.execute("SELECT keys, hosts FROM witness").fetchone()
                undo.pop_all()
        except (sqlite3.DatabaseError, TypeError) as fault:
            raise WitnessUnusable(self._file, f"cannot be read: {fault}") from fault
        if keys != witness.encode():
            self.close()
            raise WitnessUnusable(self._file, "belongs to other keys; restore those that it was made with")
        self.hosts = tuple(hosts.split("\n"))

    def trust(self, keys: Verifiers) -> bool:
        """Cosign for a ledger from now on, beginning with what was seen of it before; return whether that is new.

        Raises:
            LogRefused: it is known under other keys, or there are too many.
        """
        with self._lock, transaction(self._connection):
            known = self._row(keys.origin)
            if known is not None:
                if known[0] != keys.encode():
                    raise LogRefused(
                        f"{keys.origin} is trusted under other keys; a ledger has one pair for ever"
                    )
                return self._set(keys.origin, trusted=True)
            (count,) = self._connection.execute("SELECT count(*) FROM logs").fetchone()
            if count >= MOST_LOGS:
                raise LogRefused(f"this witness trusts {MOST_LOGS} ledgers already; make another one")
            row = (keys.origin, keys.encode(), 0, EMPTY_ROOT, b"", 1)
            self._connection.execute("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)", row)
            return True

    def distrust(self, origin: str) -> bool:
        """Cosign for a ledger no more; return whether that is new. What was seen of it is kept: trusted again, it goes on there.

        Raises:
            LogRefused: it was never trusted.
        """
        with self._lock, transaction(self._connection):
            if self._row(origin) is None:
                raise LogRefused(
                    f"no ledger of that name was ever trusted: {origin}; see `bartizan witness show`"
                )
            return self._set(origin, trusted=False)

    def _set(self, origin: str, *, trusted: bool) -> bool:
        made = self._connection.execute(
            "UPDATE logs SET trusted = ? WHERE origin = ? AND trusted <> ?", (trusted, origin, trusted)
        )
        return made.rowcount > 0

    def logs(self) -> Iterator[Log]:
        """Yield every ledger that is or was trusted, in order of name."""
        with self._lock:
            rows = self._connection.execute("SELECT origin, keys, size, root, trusted FROM logs").fetchall()
            counts = self._connection.execute(
                "SELECT origin, kind, count(*) FROM evidence GROUP BY 1, 2"
            ).fetchall()
        for origin, keys, size, root, trusted in rows:
            kept = {kind: count for of, kind, count in counts if of == origin}
            yield Log(parse_verifiers(keys), Seen(size, root), kept, bool(trusted))

    def evidence(self) -> list[Kept]:
        """Return what was kept, the oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT origin, kind, size, request, seen FROM evidence ORDER BY number"
            ).fetchall()
        return [
            Kept(origin, Evidence(kind), size, request, seen) for origin, kind, size, request, seen in rows
        ]

    def add(self, octets: bytes, cosigner: Cosigner, clock: Clock) -> Answer:
        """Return what becomes of a request; what is cosigned is remembered first.

        Args:
            octets: of the request.
            cosigner: the keys of this witness.
            clock: the time, which is in a cosignature.
        Raises:
            sqlite3.Error: it cannot be remembered, so that it is not cosigned.
        """
        try:
            request = parse(octets)
        except (NoteMalformed, CheckpointMalformed):
            return Answer(refused=Refused(Reason.MALFORMED))
        with self._lock:
            known = self._row(request.origin)
        if known is None or not known[_TRUSTED]:
            return Answer(refused=Refused(Reason.UNKNOWN))
        point = opened(request, parse_verifiers(known[0]))
        if isinstance(point, Refused):
            return Answer(refused=point)
        with self._lock, transaction(self._connection):
            return self._settle(request, point, cosigner, clock)

    def _settle(self, request: Request, point: Checkpoint, cosigner: Cosigner, clock: Clock) -> Answer:
        """Compare with what was seen, and replace it; inside one transaction."""
        row = self._row(point.origin)
        if row is None or not row[_TRUSTED]:
            return Answer(refused=Refused(Reason.UNKNOWN))
        _, size, root, note, _ = row
        refused = judge(request, point, Seen(size, root))
        if refused is not None:
            return Answer(refused=refused, kept=self._keep(request, point, refused.evidence, note))
        if point.size > size or not note:
            self._connection.execute(
                "UPDATE logs SET size = ?, root = ?, note = ? WHERE origin = ?",
                (point.size, point.root, request.note, point.origin),
            )
            self._connection.execute(  # its proof was wrong, and it was right
                "DELETE FROM evidence WHERE origin = ? AND kind = ? AND size = ? AND root = ?",
                (point.origin, Evidence.UNPROVEN.value, point.size, point.root),
            )
        return Answer(lines=cosigner.sign(point, clock.now()))

    def _keep(self, request: Request, point: Checkpoint, kind: Evidence | None, seen: bytes) -> Kept | None:
        if kind is None:
            return None
        (count,) = self._connection.execute(
            "SELECT count(*) FROM evidence WHERE origin = ? AND kind = ?", (point.origin, kind.value)
        ).fetchone()
        if count >= MOST_KEPT:
            return None
        row = (point.origin, kind.value, point.size, point.root, request.encode(), seen)
        columns = "(origin, kind, size, root, request, seen)"
        made = self._connection.execute(
            f"INSERT OR IGNORE INTO evidence {columns} VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - words of ours
            row,
        )
        return Kept(point.origin, kind, point.size, request.encode(), seen) if made.rowcount else None

    def _row(self, origin: str) -> _Row | None:
        found: _Row | None = self._connection.execute(
            "SELECT keys, size, root, note, trusted FROM logs WHERE origin = ?", (origin,)
        ).fetchone()
        return found

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def _connected(path: Path) -> sqlite3.Connection:
    """Return a connection to a file that is there; every commit survives a power loss."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
    )
    with ExitStack() as undo:
        undo.callback(connection.close)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {pragma}")
        undo.pop_all()
    return connection
