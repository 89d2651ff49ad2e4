"""Opening the store: what may be erased, and must be when it is (SQLite; PostgreSQL comes with a second node).

Rules of this file: the file is its owner's alone. Deleted content is overwritten, in the database and in its
write-ahead log; `forget_log` makes that true now rather than at some later checkpoint.
"""

import os
import stat
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

BUSY_MS: Final = 5000
"""How long a statement waits for another writer, milliseconds."""
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a revocation that was answered survives a power loss
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # erased pseudonyms and keys leave no bytes behind
    f"PRAGMA busy_timeout = {BUSY_MS}",
)


class StoreUnusable(Exception):
    """A store that cannot be opened safely; the message says what to do."""

    def __init__(self, fault: str) -> None:
        """Say what is wrong and what to do; never repeat the URL, which may hold a password."""
        super().__init__(f"store: {fault}")
        self.fault = fault


def open_store(url: str) -> Engine:
    """Return the store at an URL of the form `sqlite:////absolute/path`, made where there is none.

    Raises:
        StoreUnusable: another kind of URL, or a file that others can read or that is not ours.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise StoreUnusable("the URL cannot be read; write sqlite:///PATH") from fault
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StoreUnusable("only sqlite:///PATH is supported in this version")
    _claim(Path(parsed.database))
    engine = create_engine(url, hide_parameters=True)  # an error's text goes to a log; parameters hold keys
    event.listen(engine, "connect", _prepare)
    return engine


def forget_log(engine: Engine) -> bool:
    """Write the log back into the database and cut it to nothing; return whether nobody was in the way."""
    with engine.connect() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
    return bool(busy == 0)


def _claim(path: Path) -> None:
    """Make the file 0600 before SQLite opens it, or see that it is; its -wal and -shm take its mode."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise StoreUnusable(f"{path} cannot be opened ({fault.strerror})") from fault
    try:
        facts = os.fstat(fd)
    finally:
        os.close(fd)
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
        raise StoreUnusable(f"{path} is not a plain file of ours")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise StoreUnusable(f"{path} can be read by others; run: chmod 600 {path}")


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
