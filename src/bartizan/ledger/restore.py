"""Putting a ledger together again from what is left of it, its backups and its exports.

Rules of this file: a tree is made anew beside the damaged one, out of whatever fits together, and takes its place only if
it continues everything that was ever signed; the damaged one is kept as evidence, and a restoration that was cut off there
is taken up again with it. What no checkpoint covers is taken from the ledger's own database alone. Of what cannot be read anywhere the
hash is enough to keep the tree whole; its body stays missing, and verification says so. Records that were in no tree yet are
sealed from their segments as after any death of the sealer, as long as what is known of the segments can be read.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from bartizan.crypto.keyring import sync_folder
from bartizan.ledger.block import ENTRIES, summarize
from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, Verifiers
from bartizan.ledger.database import FILE, SCHEMA, transaction
from bartizan.ledger.entry import ORIGIN, OWN_SEGMENT
from bartizan.ledger.grammar import columns
from bartizan.ledger.installation import CHECKPOINT, KEYS, load_verifiers, read_small, take_lock, write_whole
from bartizan.ledger.prune import Pruner
from bartizan.ledger.query import pruned
from bartizan.ledger.restore_refusal import KeysDamaged, NoKeys, RememberedOther, SourceOther
from bartizan.ledger.salvage import Database, Export, Part, Source, believed, database
from bartizan.ledger.segment import BETWEEN
from bartizan.ledger.tree import WIDTH, Frontier, fold, leaf_hash

_DRAFT: Final = "tree.db.new"
_DAMAGED: Final = "damaged"


class Restored(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        entries: that the tree has now.
        signed: entries of the largest checkpoint that was ever signed, as far as is known here.
        lost: how many of them have a hash and no body, and were not pruned.
        whole: whether the tree continues every checkpoint; where it does not, nothing was changed.
        evidence: where the damaged database lies now; empty where there was none.
    """

    entries: int
    signed: int
    lost: int
    whole: bool
    evidence: str = ""


def restore(folder: Path, sources: Sequence[Path], remembered: Sequence[bytes] = ()) -> Restored:
    """Put a ledger together again.

    Args:
        folder: of the ledger; nobody may be filling it.
        sources: folders of backups and exports, the best first.
        remembered: checkpoints that were kept elsewhere.
    Raises:
        PlatformRunning: somebody fills it.
        NoKeys, KeysDamaged: nothing can be compared.
        SourceOther: a backup or export has other public keys.
        RememberedOther: one of those checkpoints is not this ledger's.
    """
    with ExitStack() as stack:
        stack.callback(os.close, take_lock(folder))
        own = stack.enter_context(database(folder, _file(folder)))
        read: list[Source] = [own, *(_source(path, stack) for path in sources)]
        keys = _keys(folder, sources)
        _fitting(remembered, keys)
        points = believed([*remembered, *(note for source in read for note in source.notes)], keys)
        draft = folder / _DRAFT
        draft.unlink(missing_ok=True)
        made = _Draft(draft, {point.size for point in points.values()})
        stack.callback(draft.unlink, missing_ok=True)
        stack.callback(made.close)
        note = max(points, key=lambda note: points[note].size, default=b"")
        signed = points[note].size if note else 0
        made.fill(read, signed)
        done = Restored(made.size, signed, made.lost, made.continues(points.values()))
        if not done.whole:
            return done
        made.prune(folder)
        made.finish(own, note)
        made.close()
        evidence = _replace(folder, draft)
    if not (folder / KEYS).is_file():
        write_whole(folder / KEYS, keys.encode())
    if note and read_small(folder / CHECKPOINT) not in points:
        write_whole(folder / CHECKPOINT, note)
    return msgspec.structs.replace(done, evidence=evidence)


def _file(folder: Path) -> str:
    """Return the name of the ledger's own database: where a restoration was cut off, what it had put aside."""
    path = folder / FILE
    aside = sorted(folder.glob(f"{FILE}.{_DAMAGED}-*[0-9]"), key=lambda each: each.stat().st_mtime_ns)
    if not path.exists():
        return aside[-1].name if aside else FILE
    return next((each.name for each in aside if each.samefile(path)), FILE)


def _fitting(remembered: Sequence[bytes], keys: Verifiers) -> None:
    for number, note in enumerate(remembered):
        try:
            keys.open(note)
        except CheckpointInvalid as fault:
            raise RememberedOther(number, fault.fault) from fault


def _source(path: Path, stack: ExitStack) -> Source:
    """Return what is in a folder: an export, a backup, or the state folder of either kind."""
    if (path / "tile").is_dir():
        return Export(path)
    return stack.enter_context(database(path / "ledger" if (path / "ledger").is_dir() else path))


def _keys(folder: Path, sources: Sequence[Path]) -> Verifiers:
    """Return the ledger's public keys, which no source contradicts."""
    try:
        own = load_verifiers(folder)
    except CheckpointInvalid as fault:
        raise KeysDamaged(folder / KEYS, fault.fault) from fault
    for source in sources:
        found = _keys_of(source)
        own = own or found
        if found and own and found.encode() != own.encode():
            raise SourceOther(source)
    if own is None:
        raise NoKeys(folder)
    return own


def _keys_of(source: Path) -> Verifiers | None:
    """Return the public keys of a backup or export, as far as they can be read."""
    for place in (source, source / "ledger"):
        try:
            if (place / KEYS).is_file() and (found := load_verifiers(place)):
                return found
        except CheckpointInvalid:
            continue
    return None


class _Draft:
    """The tree that is being made."""

    def __init__(self, path: Path, sizes: set[int]) -> None:
        """Begin with nothing, and keep the roots of the trees of these sizes."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = ON")
        for statement in SCHEMA:
            self._connection.execute(statement)
        self._tree, self._sizes = Frontier(), sizes
        self._roots = {0: Frontier().root()}
        self.lost = self._highest = self._own_sequence = self._own_at = 0
        self._next: dict[int, int] = {}

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self._tree.size

    def close(self) -> None:
        """Let go of its file."""
        self._connection.close()

    def fill(self, sources: Sequence[Source], signed: int) -> None:
        """Take what there is, up to the first entry of which nobody knows even the hash.

        Args:
            sources: the ledger's own first.
            signed: entries that some checkpoint covers; of the others only its own are taken, since anybody can make some up.
        """
        number, more = 0, True
        while more:
            own, *others = (source.part(number) for source in sources)
            parts = [own, *(_below(part, signed - number * ENTRIES) for part in others)]
            leaves = list(_leaves(parts))
            more = len(leaves) == ENTRIES
            if leaves:
                with transaction(self._connection):
                    self._take(number, leaves, list(_entries(parts, leaves)))
            number += 1

    def _take(self, number: int, leaves: Sequence[bytes], entries: Sequence[bytes]) -> None:
        base, at = self._tree.size, 0
        inside = {size for size in self._sizes if base < size <= base + len(leaves)}
        for stop in sorted({*inside, base + len(leaves)}):
            tiles = self._tree.append(leaves[at : stop - base])
            self._connection.executemany(
                "INSERT INTO tiles VALUES (?, ?, ?)",
                [(tile.level, tile.number, tile.hashes) for tile in tiles],
            )
            at = stop - base
            if stop in inside:
                self._roots[stop] = self._tree.root()
        self._connection.executemany("INSERT INTO entries VALUES (?, ?)", _rows(base, entries))
        bodies = [entry[ORIGIN.size :] for entry in entries if len(entry) > ORIGIN.size]
        events = columns(bodies)
        if len(leaves) == ENTRIES and events:
            block = summarize(number, events)
            row = (block.number, block.least, block.most, block.terms)
            self._connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?)", row)
        self.lost += sum(not entry for entry in entries)
        self._learn(entries)

    def _learn(self, entries: Sequence[bytes]) -> None:
        """Take note of how far each segment came."""
        for entry in filter(None, entries):
            segment, sequence = ORIGIN.unpack_from(entry)
            self._next[segment] = sequence + 1
            if len(entry) == ORIGIN.size:
                continue  # no hash covers an origin alone; the first record of a segment is never pruned
            self._highest = max(self._highest, segment)
            events = columns([entry[ORIGIN.size :]]) if segment == OWN_SEGMENT else None
            if events:
                self._own_at = events.at[0]

    def continues(self, points: Iterable[Checkpoint]) -> bool:
        """Return whether every one of these checkpoints is of a beginning of this tree."""
        return all(self._roots.get(point.size) == point.root for point in points)

    def prune(self, folder: Path) -> None:
        """Take out again what a source has that is older than the pruning of it."""
        with transaction(self._connection):
            for one in pruned(self._connection, folder).values():
                Pruner(self._connection, {}).again(one)

    def finish(self, own: Database, note: bytes) -> None:
        """Add what is known of segments that are not sealed to their end, as far as it fits the tree."""
        known = own.rows("SELECT * FROM segments ORDER BY number")
        fits = [row for row in known if row[_SEQUENCE] == self._next.get(row[0], 0)]
        lines = {row[_LINE] for row in fits}
        pending = [row for row in own.rows("SELECT * FROM pending") if row[0] in lines]
        highest = max(
            [self._highest, *(row[0] for row in own.rows("SELECT CAST(highest AS INTEGER) FROM state"))]
        )
        state = (
            1,
            self.size,
            self._tree.encode(),
            self._next.get(OWN_SEGMENT, 0),
            self._own_at,
            highest,
            note,
        )
        with transaction(self._connection):
            self._connection.executemany("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", fits)
            self._connection.executemany("INSERT INTO pending VALUES (?, ?, ?, ?)", pending)
            self._connection.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)", state)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_LINE, _SEQUENCE = 2, 5
"""Columns of a row of segments."""
_LARGEST: Final = 2**63 - 1


def _below(part: Part, first: int) -> Part:
    """Return what a source says of the first so many of a block."""
    if first >= ENTRIES:
        return part
    most = max(first, 0)
    rest = (b"",) * (ENTRIES - most)
    groups = [*part.groups[: most // WIDTH], *(b"",) * (ENTRIES // WIDTH - most // WIDTH)]
    return Part([*part.entries[:most], *rest], [*part.leaves[:most], *rest], groups)


def _leaves(parts: Sequence[Part]) -> Iterator[bytes]:
    """Yield the hashes of a block's entries, group by group, up to the first that nobody knows."""
    for group in range(ENTRIES // WIDTH):
        span = slice(group * WIDTH, (group + 1) * WIDTH)
        chosen = _group(
            [_choices(part, span) for part in parts], {part.groups[group] for part in parts} - {b""}
        )
        for leaf in chosen:
            if not leaf:
                return
            yield leaf


def _choices(part: Part, span: slice) -> list[list[bytes]]:
    """Return what a source says the hashes of a group are: as stored, and as they follow from its entries."""
    hashed = [leaf_hash(entry) if len(entry) > ORIGIN.size else b"" for entry in part.entries[span]]
    stored = list(part.leaves[span])
    return [
        [one or other for one, other in zip(stored, hashed, strict=True)],
        [one or other for one, other in zip(hashed, stored, strict=True)],
    ]


def _group(sources: Sequence[list[list[bytes]]], above: set[bytes]) -> list[bytes]:
    """Return the hashes of a group that lead to what is stored above it, or those that most sources have."""
    choices = [choice for source in sources for choice in source]
    for choice in choices:
        if all(choice) and fold(choice) in above:
            return choice
    merged = [Counter(filter(None, column)).most_common(1) for column in zip(*choices, strict=True)]
    return [found[0][0] if found else b"" for found in merged]


def _entries(parts: Sequence[Part], leaves: Sequence[bytes]) -> Iterator[bytes]:
    """Yield for each hash the entry that has it, its origin alone where it was pruned, or nothing."""
    for at, leaf in enumerate(leaves):
        found = [part.entries[at] for part in parts if part.entries[at]]
        whole = next((entry for entry in found if len(entry) > ORIGIN.size and leaf_hash(entry) == leaf), b"")
        yield whole or next(filter(_is_origin, found), b"")


def _is_origin(entry: bytes) -> bool:
    """Return whether it is the origin of an entry whose body is gone; a made-up one must fit into the database."""
    return len(entry) == ORIGIN.size and max(ORIGIN.unpack(entry)) < _LARGEST


def _rows(first: int, entries: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield index and run of rows that hold these entries, neighbours of one segment together; a lost one has an empty row."""
    start = 0
    for at in range(1, len(entries) + 1):
        if at < len(entries) and _follows(entries[at - 1], entries[at]):
            continue
        bodies = [entry[ORIGIN.size :] for entry in entries[start:at]]
        yield first + start, entries[start][: ORIGIN.size] + BETWEEN.join(bodies)
        start = at


def _follows(one: bytes, other: bytes) -> bool:
    if not one or not other:
        return False
    (segment, sequence), after = ORIGIN.unpack_from(one), ORIGIN.unpack_from(other)
    return bool(after == (segment, sequence + 1))


def _replace(folder: Path, draft: Path) -> str:
    """Put the new database in the place of the damaged one; return where that lies now.

    Cut off at any point, `_file` finds the damaged one again, with its log.
    """
    path, evidence = folder / FILE, ""
    if path.exists():
        kept = next(each for each in _names(folder) if not each.exists())
        log = path.with_name(f"{FILE}-wal")
        if log.exists():
            kept_log = kept.with_name(f"{kept.name}-wal")
            kept_log.unlink(missing_ok=True)
            os.link(log, kept_log)
        os.link(path, kept)
        sync_folder(folder)
        for suffix in ("-wal", "-shm"):  # what is left of them would be taken for the new one's
            path.with_name(f"{FILE}{suffix}").unlink(missing_ok=True)
        evidence = str(kept)
    draft.replace(path)
    sync_folder(folder)
    return evidence


def _names(folder: Path) -> Iterator[Path]:
    for number in count(1):
        yield folder / f"{FILE}.{_DAMAGED}-{number}"
