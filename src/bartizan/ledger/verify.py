"""Whether the record is what it was: every entry against the tree, the tree against its signatures.

Rules of this file: it believes nothing but the keys and the remembered checkpoint that it is given. It reads
once, in order, in constant memory (and a number for each segment), and goes on after a fault, so that all of
them are named with their places. What it finds it finds in a copy too: nothing of it needs the private keys.
"""

import enum
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.block import ENTRIES, Block, summarize
from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, Verifiers
from bartizan.ledger.database import BLOCKS_FROM, TILES_FROM, LedgerUnreadable, reading
from bartizan.ledger.entry import ORIGIN, OWN_SEGMENT, decode_entry, entries_in
from bartizan.ledger.event import Event, NotAnEvent, decode
from bartizan.ledger.gone import Gone
from bartizan.ledger.grammar import Columns, columns, columns_of
from bartizan.ledger.installation import CHECKPOINT, read_small
from bartizan.ledger.pruned import KIND as PRUNED
from bartizan.ledger.stored_tree import load_frontier
from bartizan.ledger.tree import HASH_OCTETS, HEIGHT, WIDTH, Frontier, Tile, leaf_hashes, split

MOST_FAULTS: Final = 1000
"""Faults that are listed; more are counted."""
MOST_GAP: Final = 1_000_000
"""Missing entries in a row after which reading stops: a made-up number must not keep it busy for ever."""
_ALTERED: Final = b"ledger.segment.altered"
_PRUNED: Final = PRUNED.encode()
_TILES: Final = ENTRIES // WIDTH


class Word(enum.Enum):
    """What is wrong."""

    EDITED = "edited"
    MISSING = "missing"
    REORDERED = "reordered"
    LEFT_OUT = "left out"
    NOT_AN_EVENT = "not an event"
    ALTERED = "altered before it was sealed"
    TRUNCATED = "truncated"
    ROLLED_BACK = "rolled back"
    FORKED = "forked"
    SIGNATURE = "bad signature"
    DOCTORED = "doctored index"
    UNREADABLE = "unreadable"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        word: which.
        position: index of the entry where it is, or where it begins; -1 where it has no place.
        what: a sentence for people.
    """

    word: Word
    position: int
    what: str


class Level(enum.Enum):
    """How much a faultless verification proves."""

    WITNESSED = "witnessed"
    SIGNED_ONLY = "signed only"


MEANING: Final = {
    Level.WITNESSED: "nothing that the remembered checkpoint covers was changed since",
    Level.SIGNED_ONLY: "this machine's owner, or whoever takes its key, can rewrite",
}
"""What each level means, in the words that a screen shows."""


class Verification(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        entries: how many the tree holds.
        signed: how many of them the checkpoint covers.
        count: how many faults; `faults` lists at most `MOST_FAULTS`.
        faults: in the order of their places.
        level: what the absence of faults proves.
        pruned: how many entries have no body any more, as the record says.
        note: the largest of the checkpoints that are well signed, the remembered one among them; empty where there is none.
    """

    entries: int
    signed: int
    count: int
    faults: tuple[Fault, ...]
    level: Level
    pruned: int = 0
    note: bytes = b""

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.count == 0

    @property
    def words(self) -> dict[str, int]:
        """Word of each listed fault -> how many of it are listed."""
        return dict(Counter(fault.word.value for fault in self.faults))


def verify(folder: Path, keys: Verifiers, remembered: bytes | None = None) -> Verification:
    """Return what is wrong with a ledger.

    Args:
        folder: the ledger's, or that of a copy.
        keys: its public keys, best from a place of their own.
        remembered: a checkpoint that was kept elsewhere.
    """
    walk = _Walk(keys)
    signed, points = 0, dict[bytes, Checkpoint]()
    try:
        notes = [read_small(folder / CHECKPOINT)]
        with reading(folder) as connection:
            notes += [
                row[0] for row in connection.execute("SELECT coalesce(CAST(note AS BLOB), x'') FROM state")
            ]
            opened = ((note, walk.open(note, "the checkpoint")) for note in notes if note)
            points = {note: point for note, point in opened if point}
            kept = walk.open(remembered, "the remembered checkpoint") if remembered is not None else None
            signed = max((point.size for point in points.values()), default=0)
            sizes = {point.size for point in (*points.values(), *([kept] if kept else ()))}
            walk.go(connection, folder, sizes)
            walk.compare(list(points.values()), kept)
    except LedgerUnreadable as fault:
        kept = None
        walk.fault(Word.UNREADABLE, walk.tree.size, fault.fault)
    level = Level.WITNESSED if kept is not None else Level.SIGNED_ONLY
    faults = tuple(sorted(walk.faults, key=lambda fault: fault.position))
    if kept and remembered:
        points.setdefault(remembered, kept)
    note = max(points, key=lambda each: points[each].size, default=b"")
    return Verification(walk.tree.size, signed, walk.count, faults, level, walk.gone.count, note)


class _Differing(msgspec.Struct, frozen=True):
    """An entry whose hash is not the stored one."""

    position: int
    hashed: bytes
    stored: bytes


class _Walk:
    """One reading of a ledger: the tree that its stored hashes make, and what is wrong so far."""

    def __init__(self, keys: Verifiers) -> None:
        self.keys = keys
        self.tree = Frontier()
        self.faults: list[Fault] = []
        self.count = 0
        self._roots: dict[int, bytes] = {}
        self._next: dict[int, int] = {}
        self._lost = 0
        self._known = (
            True  # whether nothing of a block is wrong: its summary is made anew when something is pruned
        )
        self._differing: list[_Differing] = []
        self.gone = Gone()

    def fault(self, word: Word, position: int, what: str) -> None:
        self.count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(word, position, what))

    def open(self, note: bytes, name: str) -> Checkpoint | None:
        try:
            return self.keys.open(note)
        except CheckpointInvalid as fault:
            self.fault(Word.SIGNATURE, -1, f"{name}: {fault.fault}")
            return None

    def go(self, connection: sqlite3.Connection, folder: Path, sizes: set[int]) -> None:
        """Read all entries; keep the roots of the trees of these sizes."""
        try:
            edge = load_frontier(connection)
        except ValueError as fault:
            self.fault(Word.DOCTORED, -1, f"the tree's stored edge: {fault}")
            edge = Frontier()
        self._keep_root(sizes)
        for first, entries in self._blocks(connection, folder):
            stored = _stored_leaves(connection, edge, first, len(entries))
            leaves = self._leaves(first, entries, stored)
            self._origins(first, entries)
            self._bodies(connection, first, entries)
            self._grow(connection, leaves, sizes)
        self._name_differing()
        for place, what in self.gone.judge():
            self.fault(Word.MISSING, place, what)
        if self.tree.size < edge.size:
            self.fault(Word.TRUNCATED, self.tree.size, f"the tree had {edge.size} entries")
        elif self.tree.encode() != edge.encode():
            self.fault(Word.DOCTORED, -1, "the tree's stored edge does not follow from its entries")

    def _blocks(self, connection: sqlite3.Connection, folder: Path) -> Iterator[tuple[int, list[bytes]]]:
        """Yield (index of the first, entries) block by block; a missing entry is empty."""
        connection.text_factory = bytes
        first, here = 0, list[bytes]()
        for number, run in connection.execute(
            "SELECT number, entry FROM entries WHERE number >= 0 ORDER BY number"
        ):
            entries, gap = entries_in(run), number - first - len(here)
            if gap > MOST_GAP:
                raise LedgerUnreadable(
                    folder, f"more than {MOST_GAP} entries are missing from entry {number - gap} on"
                )
            if gap < 0:
                self.fault(Word.DOCTORED, number, "entries lie over one another")
                entries = entries[-gap:]
            here += [b""] * gap + entries
            while len(here) > ENTRIES:  # one more tells that the block is not the last
                yield first, here[:ENTRIES]
                first, here = first + ENTRIES, here[ENTRIES:]
        if here:
            yield first, here

    def compare(self, points: list[Checkpoint], kept: Checkpoint | None) -> None:
        """Compare the roots with what was signed."""
        signed = max((point.size for point in points), default=0)
        if self.tree.size and not points and not any(fault.word is Word.SIGNATURE for fault in self.faults):
            self.fault(Word.SIGNATURE, -1, "no checkpoint was signed for these entries, or it was removed")
        if kept is not None and kept.size > max(signed, self.tree.size):
            what = f"{kept.size} entries were signed at the remembered checkpoint, {self.tree.size} are here"
            self.fault(Word.ROLLED_BACK, self.tree.size, what)
        elif signed > self.tree.size and not any(fault.word is Word.TRUNCATED for fault in self.faults):
            what = f"{signed} entries were signed, {self.tree.size} are here"
            self.fault(Word.TRUNCATED, self.tree.size, what)
        self._forks([*points, *([kept] if kept else ())])

    def _forks(self, points: list[Checkpoint]) -> None:
        good = 0
        for point in sorted(points, key=lambda point: point.size):
            if point.size not in self._roots:
                continue
            if self._roots[point.size] == point.root:
                good = point.size
                continue
            what = f"the first {point.size} entries are not those that were signed"
            self.fault(Word.FORKED, good, what)
            return

    def _leaves(self, first: int, entries: list[bytes], stored: list[bytes]) -> list[bytes]:
        """Return the stored leaf hashes, which the signed root vouches for.

        Entries that differ from them are noted and emptied: nothing of them is believed.
        """
        hashed = leaf_hashes(entries)
        self._known = True
        if hashed == stored:
            return hashed
        for at, (own, kept) in enumerate(zip(hashed, stored, strict=True)):
            if own == kept:
                continue
            if not entries[at]:
                self.fault(Word.MISSING, first + at, "the entry is missing")
            elif len(entries[at]) == ORIGIN.size and kept:
                self.gone.add(first + at)
                entries[at] = b""
                continue
            elif not kept:
                self.fault(Word.DOCTORED, first + at, "the entry's stored hash is missing")
            else:
                self.count += 1
                self._differing += [_Differing(first + at, own, kept)] * (len(self._differing) < MOST_FAULTS)
            entries[at], self._known = b"", False
        return [kept or own for own, kept in zip(hashed, stored, strict=True)]

    def _name_differing(self) -> None:
        elsewhere = {differing.stored for differing in self._differing}
        for differing in self._differing:
            moved = differing.hashed in elsewhere
            self.count -= 1
            self.fault(
                Word.REORDERED if moved else Word.EDITED,
                differing.position,
                "the entry belongs to another place" if moved else "the entry is not the one that was sealed",
            )

    def _origins(self, first: int, entries: list[bytes]) -> None:
        known = [entry[: ORIGIN.size] for entry in entries if len(entry) >= ORIGIN.size]
        self._lost += len(entries) - len(known)
        numbers = struct.unpack(f">{2 * len(known)}Q", b"".join(known))
        segments, sequences = numbers[::2], numbers[1::2]
        wanted = self._next.get(segments[0], 0) if known else 0
        if len(set(segments)) == 1 and sequences == tuple(range(wanted, wanted + len(known))):
            self._next[segments[0]] = wanted + len(known)
            return
        places = [place for place, entry in enumerate(entries, first) if len(entry) >= ORIGIN.size]
        for place, segment, sequence in zip(places, segments, sequences, strict=True):
            wanted = self._next.get(segment, 0)
            if sequence != wanted:
                self._gap(place, sequence - wanted)
            self._next[segment] = sequence + 1

    def _gap(self, position: int, records: int) -> None:
        """Name a gap in a segment, unless entries that were already found missing or edited explain it."""
        if records < 0:
            self.fault(Word.REORDERED, position, "a record of its segment stands here again")
        elif records > self._lost:
            self.fault(Word.LEFT_OUT, position, f"{records} records of its segment are left out")
        else:
            self._lost -= records

    def _bodies(self, connection: sqlite3.Connection, first: int, entries: list[bytes]) -> None:
        events = self._events(first, entries)
        if _ALTERED in events.kind or _PRUNED in events.kind:
            self._tell(first, entries)
        row = connection.execute(f"{BLOCKS_FROM} AND number = ?", (first // ENTRIES,) * 2).fetchone()
        if row is None and (len(entries) < ENTRIES or not events):
            return
        whole = len(entries) == ENTRIES and self._known
        derived = summarize(first // ENTRIES, events) if whole and events else None
        if row is None or (whole and (derived is None or Block(*row) != derived)):
            self.fault(Word.DOCTORED, first, "the summary of 256 entries does not follow from them")

    def _tell(self, first: int, entries: list[bytes]) -> None:
        """Take note of what the sealer says in a block; what others say in its words is theirs alone."""
        for place, octets in enumerate(entries, first):
            if len(octets) <= ORIGIN.size or ORIGIN.unpack_from(octets)[0] != OWN_SEGMENT:
                continue
            try:
                entry = decode_entry(place, octets)
            except NotAnEvent:
                continue
            if entry.event.kind == PRUNED:
                self.gone.hear(entry)
            elif entry.event.kind == _ALTERED.decode():
                self.fault(Word.ALTERED, place, "the sealer found a journal segment altered")

    def _events(self, first: int, entries: list[bytes]) -> Columns:
        bodies = [entry[ORIGIN.size :] for entry in entries]
        found = columns(bodies)
        if len(found) == len(bodies):
            return found
        events: list[Event] = []
        for at, body in enumerate(bodies):
            try:
                events.append(decode(body))
            except NotAnEvent:
                if entries[at]:  # a missing one was named, and one that was sealed empty is none
                    self.fault(Word.NOT_AN_EVENT, first + at, "the entry is not a canonical event")
        return columns_of(events)

    def _grow(self, connection: sqlite3.Connection, leaves: list[bytes], sizes: set[int]) -> None:
        at = 0
        base = self.tree.size
        for stop in sorted(
            {size for size in sizes if base < size < base + len(leaves)} | {base + len(leaves)}
        ):
            for tile in self.tree.append(leaves[at : stop - base]):
                self._tile(connection, tile)
            at = stop - base
            self._keep_root(sizes)

    def _tile(self, connection: sqlite3.Connection, tile: Tile) -> None:
        """Compare a tile above the leaves, which the tree's own growth derived."""
        if not tile.level:
            return
        row = connection.execute(f"{TILES_FROM} LIMIT 1", (tile.level, tile.number)).fetchone()
        if row != (tile.number, tile.hashes):
            first = tile.number * WIDTH << (HEIGHT * tile.level)
            self.fault(Word.DOCTORED, first, "a stored node of the tree does not follow from those below it")

    def _keep_root(self, sizes: set[int]) -> None:
        if self.tree.size in sizes:
            self._roots[self.tree.size] = self.tree.root()


def _stored_leaves(connection: sqlite3.Connection, edge: Frontier, first: int, count: int) -> list[bytes]:
    """Return the stored hashes of these entries; empty octets where one is missing."""
    tiles = dict(
        connection.execute(
            f"{TILES_FROM} AND number < ?", (0, first // WIDTH, first // WIDTH + _TILES)
        ).fetchall()
    )
    stored: list[bytes] = []
    for number in range(first // WIDTH, (first + count + WIDTH - 1) // WIDTH):
        hashes = tiles.get(number, b"")
        if not hashes and number == edge.size // WIDTH and edge.levels:
            hashes = b"".join(edge.levels[0])
        stored += split(hashes.ljust(WIDTH * HASH_OCTETS, b"\0"))
    return [leaf if any(leaf) else b"" for leaf in stored[:count]]
