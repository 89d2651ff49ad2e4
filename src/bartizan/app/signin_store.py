"""Sign-ins of foreign logs, and whose pseudonyms are whose: one SQLite file in the state folder.

Rules of this file: a name is kept only once it has signed in well, so that what strangers type is never stored; addresses
are kept as prefixes, as everywhere. Deleting a name makes its pseudonym nobody's. What is older than four weeks goes.
"""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bartizan.access.signin.subject import SignIn
from bartizan.clock import DAY

KEPT: Final = 28 * DAY
"""How long before the newest sign-in of an origin one is kept, nanoseconds."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS name (
    origin TEXT NOT NULL, letter TEXT NOT NULL, value TEXT NOT NULL, pseudonym TEXT PRIMARY KEY,
    UNIQUE (origin, letter, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signin (
    origin TEXT NOT NULL, at INTEGER NOT NULL, key BLOB NOT NULL, principal TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (origin, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS signin_at ON signin (origin, at);
"""
_OCTETS: Final = 8
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(SignIn)


class SignInsUnreadable(OSError):
    """The file cannot be used."""

    def __init__(self, file: Path) -> None:
        """Say what to do."""
        super().__init__(f"{file} cannot be used; move it away, and import what you still have again")


class Store:
    """The file, open, in one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of `opened`."""
        self._connection = connection

    def pseudonym(self, origin: str, letter: str, value: str, *, new: bool = True) -> str:
        """Return the pseudonym of a value of an origin; empty for none, and for one that is not known unless `new`."""
        if not value:
            return ""
        asked = "SELECT pseudonym FROM name WHERE origin = ? AND letter = ? AND value = ?"
        row = self._connection.execute(asked, (origin, letter, value)).fetchone()
        if row is not None:
            return str(row[0])
        if not new:
            return ""
        made = f"{letter}-{secrets.token_hex(_OCTETS)}"
        self._connection.execute("INSERT INTO name VALUES (?, ?, ?, ?)", (origin, letter, value, made))
        return made

    def name(self, pseudonym: str) -> str:
        """Return whose a pseudonym is; empty where nobody knows, or no longer."""
        row = self._connection.execute("SELECT value FROM name WHERE pseudonym = ?", (pseudonym,)).fetchone()
        return "" if row is None else str(row[0])

    def add(self, key: bytes, signin: SignIn) -> bool:
        """Keep a sign-in; return whether it was not known by its key yet."""
        row = (signin.origin, signin.at, key, signin.principal, _ENCODER.encode(signin))
        return (
            self._connection.execute("INSERT OR IGNORE INTO signin VALUES (?, ?, ?, ?, ?)", row).rowcount > 0
        )

    def signins(self, origin: str) -> Iterator[tuple[bytes, SignIn]]:
        """Yield every sign-in of an origin with its key, in order of time."""
        asked = "SELECT key, body FROM signin WHERE origin = ? ORDER BY at, key"
        for key, body in self._connection.execute(asked, (origin,)):
            yield bytes(key), _DECODER.decode(body)

    def prune(self, origin: str) -> None:
        """Delete what is older than `KEPT`."""
        newest = "SELECT max(at) FROM signin WHERE origin = ?"
        last = self._connection.execute(newest, (origin,)).fetchone()[0]
        if last is not None:
            gone = (origin, int(last) - KEPT)
            self._connection.execute("DELETE FROM signin WHERE origin = ? AND at < ?", gone)

    def origins(self) -> Iterable[tuple[str, int, int, int]]:
        """Return each origin, how many sign-ins of it are kept, and the instants of the first and the last."""
        asked = "SELECT origin, count(*), min(at), max(at) FROM signin GROUP BY origin ORDER BY origin"
        return [(str(a), int(b), int(c), int(d)) for a, b, c, d in self._connection.execute(asked)]

    def forget(self, origin: str, value: str) -> int:
        """Delete a principal's name and sign-ins; return how many sign-ins these were."""
        pseudonym = self.pseudonym(origin, "p", value, new=False)
        if not pseudonym:
            return 0
        self._connection.execute("DELETE FROM name WHERE pseudonym = ?", (pseudonym,))
        gone = "DELETE FROM signin WHERE origin = ? AND principal = ?"
        return self._connection.execute(gone, (origin, pseudonym)).rowcount


@contextmanager
def opened(file: Path) -> Iterator[Store]:
    """Yield the file; what is written is kept where the block ends well, and else nothing of it.

    Raises:
        SignInsUnreadable: it is no such file, or cannot be written.
    """
    try:
        file.touch(mode=0o600)
        with closing(sqlite3.connect(file, isolation_level=None, timeout=30.0)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            yield Store(connection)
            connection.execute("COMMIT")
    except (sqlite3.Error, PermissionError) as fault:
        raise SignInsUnreadable(file) from fault
