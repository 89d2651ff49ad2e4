"""What people call artifacts: a help for reading, kept beside the record, which has digests alone.

Rules of this file: a name proves nothing and decides nothing. The file may be deleted.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

from bartizan.app.folder import Folder
from bartizan.printable import printable

_TABLE = "CREATE TABLE IF NOT EXISTS names (digest TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID"


def remember(folder: Folder, names: Mapping[str, str]) -> None:
    """Keep names, each in place of an earlier one of the same digest; without room for them there are none."""
    if not names:
        return
    file = folder.artifact_names
    with contextlib.suppress(OSError, sqlite3.Error):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(_TABLE)
            connection.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", names.items())


def called(folder: Folder, digests: Iterable[str]) -> dict[str, str]:
    """Return digest -> name of those that have one."""
    return dict(_found(folder, digests)) if folder.artifact_names.is_file() else {}


def _found(folder: Folder, digests: Iterable[str]) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(sqlite3.Error):
        address = f"{folder.artifact_names.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            for digest in digests:
                for (name,) in connection.execute("SELECT name FROM names WHERE digest = ?", (digest,)):
                    yield digest, printable(str(name))
