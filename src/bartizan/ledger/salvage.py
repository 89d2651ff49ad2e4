"""What can still be read of a ledger: of its own database, however damaged, of a backup, or of an export.

Rules of this file: nothing that is read here is believed; whoever asks compares it with what was signed. A place that
cannot be read yields nothing, and never an error; nor does a database with other tables than a ledger's, whose views would
be run. Everything is read in blocks of 256 entries, and of a file no more than one may have.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from bartizan.ledger.block import ENTRIES
from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, Verifiers
from bartizan.ledger.database import ENTRIES_FROM, FILE, SCHEMA, STATE, TILES_FROM
from bartizan.ledger.entry import entries_in
from bartizan.ledger.installation import CHECKPOINT, WITNESSED, read_small
from bartizan.ledger.tiles import ENTRIES as BUNDLES
from bartizan.ledger.tiles import KEPT, MOST_OCTETS, Place, TileMalformed, entries_of, split_tile
from bartizan.ledger.tree import HASH_OCTETS, HEIGHT, WIDTH, Frontier, split

_GROUPS: Final = ENTRIES // WIDTH
_NOTHING: Final = (b"",) * ENTRIES


class Part(msgspec.Struct, frozen=True):
    """What a source has of 256 entries; empty octets where it has nothing.

    Attributes:
        entries: their octets.
        leaves: their hashes, as stored beside them.
        groups: the hashes of each 16 leaves, as stored above them.
    """

    entries: Sequence[bytes] = _NOTHING
    leaves: Sequence[bytes] = _NOTHING
    groups: Sequence[bytes] = (b"",) * _GROUPS


class Source(Protocol):
    """Something that a ledger can be put together from."""

    @property
    def notes(self) -> Sequence[bytes]:
        """Signed checkpoints, not checked."""
        ...

    def part(self, number: int) -> Part:
        """Return what there is of the 256 entries from 256 x `number` on."""
        ...


class Database:
    """A ledger's database, or that of a backup."""

    def __init__(self, folder: Path, connection: sqlite3.Connection | None) -> None:
        """Read this one; None where there is none that opens."""
        self._folder, self._connection = folder, connection
        self._edge = self._right_edge()

    @property
    def notes(self) -> Sequence[bytes]:
        """Signed checkpoints, not checked."""
        rows = self.rows("SELECT coalesce(CAST(note AS BLOB), x'') FROM state")
        stored = [row[0] for row in rows if isinstance(row[0], bytes)]
        return [*stored, *_notes(self._folder, WITNESSED)]

    def part(self, number: int) -> Part:
        """Return what there is of a block."""
        first, entries = number * ENTRIES, list(_NOTHING)
        for at, run in self.rows(f"{ENTRIES_FROM} AND number < ?", first, first + ENTRIES):
            for index, entry in enumerate(entries_in(run), at - first):
                if 0 <= index < ENTRIES:
                    entries[index] = entry
        leaves = self._tiles(0, number * _GROUPS, _GROUPS)
        groups = self._tiles(1, number, 1)
        return Part(entries, leaves, groups)

    def rows(self, asked: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a question, as far as they can be read."""
        if self._connection is None:
            return []
        found: list[tuple[Any, ...]] = []
        try:
            found.extend(self._connection.execute(asked, values))
        except (sqlite3.Error, OverflowError):
            return found
        return found

    def _tiles(self, level: int, first: int, count: int) -> list[bytes]:
        hashes = [b""] * (count * WIDTH)
        for number, octets in self.rows(f"{TILES_FROM} AND number < ?", level, first, first + count):
            if len(octets) == WIDTH * HASH_OCTETS:
                at = (number - first) * WIDTH
                hashes[at : at + WIDTH] = split(octets)
        at = (self._edge.size >> (HEIGHT * level)) // WIDTH - first
        if 0 <= at < count and level < len(self._edge.levels):
            row = self._edge.levels[level]
            hashes[at * WIDTH : at * WIDTH + len(row)] = row
        return hashes

    def _right_edge(self) -> Frontier:
        """Return the hashes that are in no full tile yet, as stored."""
        for size, octets in self.rows(STATE):
            try:
                return Frontier(size, octets)
            except (ValueError, TypeError):
                break
        return Frontier()


@contextmanager
def database(folder: Path, file: str = FILE) -> Iterator[Database]:
    """Yield the database of a ledger's folder, which is not changed; `file` is its name."""
    path = folder / file
    if not path.is_file():
        yield Database(folder, None)
        return
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        yield Database(folder, None)
        return
    with closing(connection):
        connection.execute("PRAGMA trusted_schema = OFF")
        yield Database(folder, connection if _is_ledger(connection) else None)


def _is_ledger(connection: sqlite3.Connection) -> bool:
    try:
        tables = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        return tuple(sql for (sql,) in tables) == SCHEMA
    except (sqlite3.Error, OverflowError, UnicodeError):
        return False


class Export:
    """An export: bundles and tiles in files."""

    def __init__(self, folder: Path) -> None:
        """Read this one."""
        self._folder = folder

    @property
    def notes(self) -> Sequence[bytes]:
        """Signed checkpoints, not checked."""
        return _notes(self._folder, Path(WITNESSED).name)

    def part(self, number: int) -> Part:
        """Return what there is of a block."""
        entries = self._widest(BUNDLES, number, _bundle) or self._widest(KEPT, number, _bundle)
        leaves = self._widest("0", number, split_tile)
        return Part(_padded(entries), _padded([leaf for leaf in leaves if len(leaf) == HASH_OCTETS]))

    def _widest(self, level: str, number: int, read: Callable[[bytes], Sequence[bytes]]) -> Sequence[bytes]:
        """Return what the full tile holds, or the widest partial one."""
        full = self._folder / Place(level, number).path
        partial = list(full.with_name(f"{full.name}.p").glob("[0-9]*")) if not full.is_file() else []
        widths = [int(path.name) for path in partial if path.name.isdecimal() and len(path.name) < _DIGITS]
        path = full if full.is_file() else full.with_name(f"{full.name}.p") / str(max(widths, default=0))
        try:
            if not path.is_file():  # else who left a pipe there would be waited for
                return ()
            with path.open("rb") as stream:
                octets = stream.read(MOST_OCTETS + 1)
        except OSError:
            return ()
        return read(octets) if len(octets) <= MOST_OCTETS else ()


_DIGITS: Final = 4


def _notes(folder: Path, witnessed: str) -> list[bytes]:
    files = (folder / CHECKPOINT, folder / witnessed)
    return [read_small(file) for file in files if file.is_file()]


def _bundle(octets: bytes) -> Sequence[bytes]:
    try:
        return entries_of(octets)
    except TileMalformed:
        return ()


def _padded(found: Sequence[bytes]) -> Sequence[bytes]:
    return [*found[:ENTRIES], *_NOTHING[len(found) :]]


def believed(notes: Sequence[bytes], keys: Verifiers) -> dict[bytes, Checkpoint]:
    """Return the notes that are this ledger's checkpoints, under both of its keys."""
    found: dict[bytes, Checkpoint] = {}
    for note in filter(None, notes):
        try:
            found[note] = keys.open(note)
        except CheckpointInvalid:
            continue
    return found
