"""The ledger's tables, and how its database is opened: by the one who fills it, and by everybody else.

Rules of this file: the schema is compared word by word before anything is read, so that a trigger or a view
that somebody left in a copy does not run. Readers cannot write.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

FILE: Final = "tree.db"
# what is read is octets and whole numbers, even where somebody stored something else
ENTRIES_FROM: Final = "SELECT number, coalesce(CAST(entry AS BLOB), x'') FROM entries WHERE number >= ?"
"""Index of the first and octets of the runs of entries (`entry.runs`) from an index on; conditions and an order may be appended."""
TILES_FROM: Final = (
    "SELECT number, coalesce(CAST(hashes AS BLOB), x'') FROM tiles WHERE level = ? AND number >= ?"
)
"""Number and hashes of a level's tiles from a number on; conditions may be appended."""
BLOCKS_FROM: Final = (
    "SELECT number, CAST(least AS INTEGER), CAST(most AS INTEGER), coalesce(CAST(terms AS BLOB), x'') "
    "FROM blocks WHERE number >= ?"
)
"""Summaries from a number on; conditions and an order may be appended."""
STATE: Final = "SELECT CAST(size AS INTEGER), coalesce(CAST(frontier AS BLOB), x'') FROM state"
"""Size and right edge of the tree."""
BUSY_MS: Final = 5000
"""How long a statement waits for another process, milliseconds."""
_BUSY_SECONDS: Final = BUSY_MS / 1000

SCHEMA: Final = (
    # what the tree is over
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, entry BLOB NOT NULL)",
    """CREATE TABLE tiles (level INTEGER, number INTEGER, hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)) WITHOUT ROWID""",
    """CREATE TABLE blocks (number INTEGER PRIMARY KEY, least INTEGER NOT NULL, most INTEGER NOT NULL,
    terms BLOB NOT NULL)""",
    # one row: the tree's right edge, the sealer's own last event, the highest segment, the last checkpoint
    """CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL,
    frontier BLOB NOT NULL, own_sequence INTEGER NOT NULL, own_at INTEGER NOT NULL,
    highest INTEGER NOT NULL, note BLOB NOT NULL)""",
    # segments that are read, or hold an altered record: how far, and the next record's key
    """CREATE TABLE segments (number INTEGER PRIMARY KEY, writer TEXT NOT NULL, line INTEGER NOT NULL,
    state TEXT NOT NULL, position INTEGER NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL,
    key BLOB NOT NULL)""",
    # requests that were admitted and are not completed, by the line of segments of their worker
    """CREATE TABLE pending (line INTEGER, request TEXT, sequence INTEGER NOT NULL, actor TEXT NOT NULL,
    PRIMARY KEY (line, request)) WITHOUT ROWID""",
)


class LedgerUnreadable(Exception):
    """The ledger's database is not there, not ours, or damaged; `fault` says which."""

    def __init__(self, folder: Path, fault: str) -> None:
        """Name the folder and the fault."""
        super().__init__(f"the ledger in {folder} cannot be read: {fault}")
        self.folder, self.fault = folder, fault


def open_to_fill(folder: Path) -> sqlite3.Connection:
    """Return a connection for the one process that fills the tree; the tables are made where there are none.

    Every commit is durable (`synchronous = FULL`): it survives a power loss.

    Raises:
        LedgerUnreadable: damaged, or with tables that are not ours.
    """
    path = folder / FILE
    path.touch(mode=0o600)
    try:
        with ExitStack() as undo:
            connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
            undo.callback(connection.close)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what was pruned is overwritten, not forgotten
            with transaction(connection):
                if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                    for statement in SCHEMA:
                        connection.execute(statement)
                    connection.execute("INSERT INTO state VALUES (1, 0, x'', 0, 0, 0, x'')")
            _check(connection, folder)
            undo.pop_all()
    except sqlite3.DatabaseError as fault:
        raise LedgerUnreadable(folder, str(fault)) from fault
    return connection


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that sees the ledger as it stands now and cannot change it.

    Raises:
        LedgerUnreadable: not there, damaged, or with tables that are not ours; also from inside the block.
    """
    path = folder / FILE
    if not path.is_file():
        raise LedgerUnreadable(folder, f"it holds no {FILE}")
    address = _address(path, fixed=bool(os.statvfs(path).f_flag & os.ST_RDONLY))
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            _check(connection, folder)
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as fault:
        raise LedgerUnreadable(folder, str(fault)) from fault


def _address(path: Path, *, fixed: bool) -> str:
    """Return what SQLite is to open for reading.

    Args:
        path: of the database.
        fixed: whether it lies where nobody can write: then SQLite cannot make the file by which readers and a
            writer share a write-ahead log, and needs none.
    Raises:
        LedgerUnreadable: fixed, with a write-ahead log that nobody can take in there.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    if not fixed:
        return address
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        what = (
            f"it lies on a read-only file system beside {log.name}; copy both to a folder that can be written"
        )
        raise LedgerUnreadable(path.parent, what)
    return f"{address}&immutable=1"


def copy(folder: Path, to: Path) -> None:
    """Copy a ledger as it stands now, while it may be growing, into an empty folder; segments stay behind.

    Raises:
        LedgerUnreadable: there is none, or it is damaged.
    """
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    # the checkpoint first: the tree that is copied after it can only be larger
    for name in ("keys.pub", "checkpoint"):
        if (folder / name).is_file():
            (to / name).write_bytes((folder / name).read_bytes())
    with reading(folder) as source, closing(sqlite3.connect(to / FILE)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = WAL")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def forget_log(connection: sqlite3.Connection) -> bool:
    """Empty the database's log, in which pruned bodies may still stand; return whether it is. A reader in the way is not waited for."""
    connection.execute("PRAGMA busy_timeout = 0")
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return not busy


def _check(connection: sqlite3.Connection, folder: Path) -> None:
    tables = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    if tuple(sql for (sql,) in tables) != SCHEMA:
        raise LedgerUnreadable(folder, "its tables are not those of a ledger of this version")
