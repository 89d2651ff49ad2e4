"""Copies of a ledger, and the changes that somebody with the disk in their hands can make to one.

Rules of this file: the ledger itself is only read. The changes are those of an attacker who knows the format
and lacks the private keys: whole trees are rebuilt, signatures stay as they were.
"""

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.target import Platform, Target
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.database import FILE, copy, transaction
from bartizan.ledger.entry import Entry, encode_entry, entries_in
from bartizan.ledger.event import encode
from bartizan.ledger.grammar import columns_of
from bartizan.ledger.installation import CHECKPOINT, KEYS, load_verifiers, read_small
from bartizan.ledger.query import MOST, Query, query
from bartizan.ledger.stored_tree import StoredTree
from bartizan.ledger.verify import verify

_ROUNDS, _ROUND_S = 100, 0.05
_SIGNATURES = 2


class NothingSigned(RuntimeError):
    """The ledger that was to be attacked has no signed entries yet."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the ledger has no signed entries, so there is nothing to alter")


class Copy:
    """A copy of a platform's ledger that may be altered.

    Attributes:
        folder: where it lies.
        remembered: the checkpoint as it was when the copy was made, as if it were kept elsewhere.
        signed: how many entries that checkpoint covers.
    """

    def __init__(self, platform: Platform, folder: Path) -> None:
        """Copy the ledger into an empty folder.

        Raises:
            NothingSigned: no checkpoint covers anything yet.
        """
        copy(platform.ledger, folder)
        self.folder = folder
        keys = load_verifiers(platform.ledger)
        self.remembered = read_small(folder / CHECKPOINT)
        if keys is None or not self.remembered:
            raise NothingSigned
        self._keys = keys
        point = keys.open(self.remembered)
        self.signed, self._at = point.size, Nanoseconds(point.at * SECOND)

    def entries(self) -> list[Entry]:
        """Return every entry of the copy."""
        return list(query(self.folder, Query(limit=MOST)))

    def intact(self, remembered: bytes | None = None) -> bool:
        """Return whether the product's own verification finds nothing wrong with the copy."""
        return verify(self.folder, self._keys, remembered).intact

    def replace(self, entry: Entry) -> None:
        """Overwrite one entry, and nothing that depends on it."""
        with self._opened() as connection:
            apart(connection)
            connection.execute("UPDATE entries SET entry = ? WHERE number = ?", (_octets(entry), entry.index))

    def cut(self, size: int) -> None:
        """Remove every entry from `size` on, and nothing that depends on them."""
        with self._opened() as connection:
            apart(connection)
            connection.execute("DELETE FROM entries WHERE number >= ?", (size,))

    def remove(self, index: int) -> None:
        """Remove one entry, and nothing that depends on it."""
        with self._opened() as connection:
            apart(connection)
            connection.execute("DELETE FROM entries WHERE number = ?", (index,))

    def empty(self, index: int) -> None:
        """Take the body of one entry, so that it looks as if it had been pruned."""
        with self._opened() as connection:
            apart(connection)
            connection.execute("UPDATE entries SET entry = substr(entry, 1, 16) WHERE number = ?", (index,))

    def swap(self, index: int) -> None:
        """Exchange one entry with the next, and nothing that depends on them."""
        with self._opened() as connection:
            apart(connection)
            rows = connection.execute(
                "SELECT number, entry FROM entries WHERE number IN (?, ?)", (index, index + 1)
            ).fetchall()
            (first, one), (second, other) = rows
            pairs = [(other, first), (one, second)]
            connection.executemany("UPDATE entries SET entry = ? WHERE number = ?", pairs)

    def strip(self, line: int) -> None:
        """Remove a signature from every checkpoint that is here: 0 is the Ed25519 one, 1 the ML-DSA-44 one."""
        lines = self.remembered.splitlines(keepends=True)
        del lines[len(lines) - _SIGNATURES + line]
        self._sign(b"".join(lines))

    def resign(self) -> None:
        """Sign the tree as it is with keys of one's own under the same name, and put their public halves beside it."""
        signers = Signers(
            self._keys.origin,
            SigningKey.generate(Algorithm.ED25519),
            SigningKey.generate(Algorithm.ML_DSA_44),
        )
        with self._opened() as connection:
            tree = StoredTree(connection)
            size, root = tree.size, tree.frontier.root()
        (self.folder / KEYS).write_bytes(signers.verifiers.encode())
        self._sign(signers.sign(size, root, self._at))

    def _sign(self, note: bytes) -> None:
        (self.folder / CHECKPOINT).write_bytes(note)
        with self._opened() as connection:
            connection.execute("UPDATE state SET note = ?", (note,))

    def rebuild(self, entries: Sequence[Entry]) -> None:
        """Replace the whole tree by that of other entries, hashes and summaries with it."""
        with self._opened() as connection:
            for table in ("entries", "tiles", "blocks"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - words of ours
            connection.execute("UPDATE state SET size = 0, frontier = x''")
            tree = StoredTree(connection)
            for entry in entries:
                tree.append(entry.segment, entry.sequence, [encode(entry.event)], columns_of([entry.event]))
            tree.save()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        opened = contextlib.closing(sqlite3.connect(self.folder / FILE, isolation_level=None))
        with opened as connection, transaction(connection):
            yield connection


def apart(connection: sqlite3.Connection) -> None:
    """Give every entry a row of its own, which is as good a ledger, so that it can be changed alone."""
    rows = connection.execute("SELECT number, entry FROM entries").fetchall()
    connection.execute("DELETE FROM entries")
    single = [(number, entry) for first, run in rows for number, entry in enumerate(entries_in(run), first)]
    connection.executemany("INSERT INTO entries VALUES (?, ?)", single)


def _octets(entry: Entry) -> bytes:
    return encode_entry(entry.segment, entry.sequence, encode(entry.event))


@contextlib.contextmanager
def copied(platform: Platform) -> Iterator[Copy]:
    """Yield a copy of a platform's ledger; deleted afterwards.

    Raises:
        NothingSigned: as of `Copy`.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-copy-") as folder:
        yield Copy(platform, Path(folder) / "ledger")


def unnoticed(platform: Platform, *changes: tuple[str, Callable[[Copy], None]]) -> Outcome:
    """Return whether verification, with a remembered checkpoint, notices each change to a copy.

    Args:
        platform: whose ledger is copied, anew for each change.
        changes: what is changed, in words, and the change.
    """
    with copied(platform) as whole:
        if not whole.intact(whole.remembered):
            return Undecided("an untouched copy does not verify, so nothing can be said of altered ones")
    for words, change in changes:
        with copied(platform) as altered:
            change(altered)
            if altered.intact(altered.remembered):
                return GotThrough(f"{words} was not noticed")
    return Held(f"{len(changes)} kinds of change found by verification")


def grown(target: Target, platform: Platform, beyond: int) -> bytes:
    """Return a checkpoint that covers more than so many entries; makes the platform write one.

    Raises:
        NothingSigned: none was signed in time.
    """
    platform.caller()  # minting a token is an entry
    return covered(target, platform, beyond)


def covered(target: Target, platform: Platform, beyond: int = 0) -> bytes:
    """Wait for a checkpoint that covers more than so many entries, and return it.

    A platform answers its first request before the sealer has signed anything.

    Raises:
        NothingSigned: none was signed in time.
    """
    for _ in range(_ROUNDS):
        keys = load_verifiers(platform.ledger)
        note = read_small(platform.ledger / CHECKPOINT)
        if keys is not None and note and keys.open(note).size > beyond:
            return note
        target.sleep(_ROUND_S)
    raise NothingSigned
