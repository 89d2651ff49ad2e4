"""The graph of all steps, of a state folder: what was packed before, and what the record has had since.

Rules of this file: the record is what counts. The file beside it is used where it is under the folder's own key and tells of a tree
that this record's begins with; else everything is read anew. Whoever asks about an entry reads it from the record.
"""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.artifact.write import written
from bartizan.crypto import keyring
from bartizan.crypto.keyring import KeyUnreadable
from bartizan.crypto.secret import Secret
from bartizan.ledger.database import FILE, LedgerUnreadable, reading
from bartizan.ledger.entry import Entry
from bartizan.ledger.query import Query, find, numbered, size_of
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import ProofInvalid, node_in, root_of
from bartizan.supply.provenance.fold import ROOM, Fold
from bartizan.supply.provenance.graph import Graph
from bartizan.supply.provenance.packed import Broken, Head, packed, unpacked

_WORTH: Final = 2048
"""Entries that are read again and again until they are packed."""
_KEY: Final = 32
_MOST: Final = 1 << 30
"""Octets of a file that is read at once."""


class Lineage(msgspec.Struct, frozen=True):
    """What the record says of where artifacts come from.

    Attributes:
        folder: the state folder.
        graph: all of it.
        size: of the tree up to which it was read.
        unclosed: steps that somebody began to put on record and did not finish, and how many artifacts they have so far.
        broken: entries that close a step which does not add up, the first ones.
    """

    folder: Folder
    graph: Graph
    size: int
    unclosed: Mapping[str, int]
    broken: tuple[Broken, ...]

    def entries(self, numbers: Iterable[int]) -> tuple[Entry, ...]:
        """Return entries of the record, in this order.

        Raises:
            LedgerUnreadable: one is not there.
        """
        wanted = list(numbers)
        if not wanted:
            return ()
        with reading(self.folder.ledger) as connection:
            return tuple(_entry(connection, self.folder.ledger, number) for number in wanted)


def lineage(folder: Folder, *, anew: bool = False) -> Lineage:
    """Return what the record says; without a record, nothing.

    Args:
        folder: the state folder.
        anew: whether to read all of the record, and to pack it.
    Raises:
        LedgerUnreadable: it is damaged; verify says where.
        KeyExposed, KeyUnreadable: the key of the packed graph cannot be used.
    """
    if not (folder.ledger / FILE).exists():
        return Lineage(folder, Graph(), 0, {}, ())
    with reading(folder.ledger) as connection:
        size = size_of(connection)
        graph, head = (Graph(), Head(0, "")) if anew else _known(folder, connection, size)
        fold = Fold(graph, head.parts, head.broken)
        count = 0
        for number, said in numbered(connection, folder.ledger, Query(kind=ROOM, first=head.size)):
            if number < size:
                fold.take(number, said.kind, said.detail)
                count += 1
        root = _root(connection, size)
    if anew or count >= _WORTH:
        _keep(folder, graph, Head(size, root, (), fold.parts, tuple(fold.broken)))
    unclosed = {name: len(some) for name, some in fold.parts.items()}
    return Lineage(folder, graph, size, unclosed, tuple(fold.broken))


def _known(folder: Folder, connection: sqlite3.Connection, size: int) -> tuple[Graph, Head]:
    """Return what was packed, as far as it is of this record; where nothing is, no key is made for it."""
    octets = _octets(folder.lineage)
    found = unpacked(memoryview(octets), _key(folder)) if octets else None
    if found is not None and found[1].size <= size and _root(connection, found[1].size) == found[1].root:
        return found
    return Graph(), Head(0, "")


def _octets(file: Path) -> bytes:
    """Return what a file holds; nothing where it is not there, too large, or somebody else's."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        found = os.fstat(descriptor)
        ours = stat.S_ISREG(found.st_mode) and found.st_size <= _MOST
        return os.read(descriptor, found.st_size) if ours else b""
    finally:
        os.close(descriptor)


def _keep(folder: Folder, graph: Graph, head: Head) -> None:
    """Pack a graph for the next time; where that fails, the next time reads the record again."""
    key = _key(folder)
    with contextlib.suppress(OSError):
        folder.lineage.parent.mkdir(mode=0o700, exist_ok=True)
        written(folder.lineage, packed(graph, head, key), 0o600)


def _root(connection: sqlite3.Connection, size: int) -> str:
    """Return the hash of the tree when it had this size, hexadecimal; empty where it never had."""
    try:
        return root_of(node_in(tile_in(connection), load_frontier(connection)), 0, size).hex()
    except (ProofInvalid, ValueError):
        return ""


def _key(folder: Folder) -> Secret:
    found = keyring.load_or_create(folder.lineage_key, lambda: Secret(os.urandom(_KEY)))
    if len(found.reveal()) != _KEY:
        raise KeyUnreadable(folder.lineage_key, "is no key of 32 octets; remove it, and another is made")
    return found


def _entry(connection: sqlite3.Connection, ledger: Path, number: int) -> Entry:
    found = find(connection, ledger, Query(first=number, limit=1))
    if not found or found[0].index != number:
        raise LedgerUnreadable(ledger, f"entry {number} is not there; `bartizan ledger verify` says why")
    return found[0]
