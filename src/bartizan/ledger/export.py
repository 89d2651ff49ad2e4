"""The record as a folder of static files that anybody can serve, keep and check without this software.

Rules of this file: what is exported is the tree of the latest checkpoint, and that is written after it, so that a
folder is that of its checkpoint whenever the export stopped; what witnesses said follows, which may be of an older one. A folder that is there grows; one that says something else
than the ledger is refused and left as it is.
Source: C2SP tlog-tiles.
"""

import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, Verifiers
from bartizan.ledger.database import ENTRIES_FROM, LedgerUnreadable, reading
from bartizan.ledger.entry import ORIGIN, entries_in
from bartizan.ledger.installation import CHECKPOINT, KEYS, WITNESSED, read_small, write_whole
from bartizan.ledger.query import pruned
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tiles import ENTRIES, KEPT, WIDTH, Place, bundle, bundles, hashes, places
from bartizan.ledger.tree import Frontier, Node, ProofInvalid, node_in, root_of

VERIFIER: Final = "verify_ledger.py"
"""Name of the verifier that needs nothing of ours, in the folder."""


class NothingSigned(Exception):
    """No checkpoint covers anything yet, so there is nothing that could be proven."""

    def __init__(self, folder: Path) -> None:
        """Name the ledger's folder."""
        super().__init__(f"the ledger in {folder} has no signed entries yet; start the platform once")
        self.folder = folder


class ExportDiffers(Exception):
    """The folder holds another ledger, or another history of this one."""

    def __init__(self, folder: Path, why: str) -> None:
        """Name the folder and the reason."""
        super().__init__(
            f"{folder} is not an earlier export of this ledger: {why}; keep it, and name another folder"
        )
        self.folder = folder


class Exported(msgspec.Struct, frozen=True):
    """What an export came to.

    Attributes:
        entries: that the folder's checkpoint covers.
        new: how many of them it did not cover before.
        files: that were written.
    """

    entries: int
    new: int
    files: int


def export(folder: Path, keys: Verifiers, to: Path) -> Exported:
    """Write a ledger's tree into a folder, or what an earlier export there lacks.

    Args:
        folder: of the ledger.
        keys: its own.
        to: where; made where it is missing.
    Raises:
        NothingSigned: there is no checkpoint.
        ExportDiffers: the folder is not an earlier export of it.
        CheckpointInvalid, LedgerUnreadable: the ledger is damaged; verify says where.
    """
    witnessed, note = read_small(folder / WITNESSED), read_small(folder / CHECKPOINT)  # the older one first
    if not note:
        raise NothingSigned(folder)
    point = keys.open(note)
    written = 0
    with reading(folder) as connection:
        node = node_in(tile_in(connection), _edge(connection, folder))
        before = _before(to, keys, point, node)
        for place in places(point.size, before):
            written += _write(to, place, _hashes(folder, node, place))
        for place in _bundles(to, point.size, before, _pruned_until(connection, folder)):
            written += _write(to, *_bundle(connection, folder, place))
    write_whole(to / KEYS, keys.encode())
    write_whole(to / VERIFIER, resources.files(__package__).joinpath("offline.py").read_bytes())
    os.sync()  # the checkpoint is to be the last that a power loss leaves out
    write_whole(to / CHECKPOINT, note)
    if witnessed:
        write_whole(to / Path(WITNESSED).name, witnessed)
    _tidy(to, point.size)
    return Exported(point.size, point.size - before, written)


def _edge(connection: sqlite3.Connection, folder: Path) -> Frontier:
    try:
        return load_frontier(connection)
    except ValueError as fault:
        raise LedgerUnreadable(folder, str(fault)) from fault


def _before(to: Path, keys: Verifiers, point: Checkpoint, node: Node) -> int:
    """Return how many entries an earlier export covers, all of which this ledger still has."""
    note = read_small(to / CHECKPOINT)
    if not note:
        if to.is_dir() and any(to.iterdir()) and not (to / "tile").is_dir():
            raise ExportDiffers(to, "it holds something else")
        return 0
    try:
        earlier = keys.open(note)
        root = root_of(node, 0, earlier.size) if earlier.size <= point.size else b""
    except CheckpointInvalid as fault:
        raise ExportDiffers(to, fault.fault) from fault
    except ProofInvalid as fault:
        raise ExportDiffers(to, "its tree cannot be compared") from fault
    if root != earlier.root:
        why = "it covers more entries" if earlier.size > point.size else "its entries are others"
        raise ExportDiffers(to, why)
    return earlier.size


def _pruned_until(connection: sqlite3.Connection, folder: Path) -> int:
    """Return the index from which on nothing was pruned."""
    return max((one.end for one in pruned(connection, folder).values()), default=0)


def _hashes(folder: Path, node: Node, place: Place) -> bytes:
    try:
        return hashes(node, place)
    except ProofInvalid as fault:
        raise LedgerUnreadable(folder, str(fault)) from fault


def _bundles(to: Path, size: int, before: int, pruned: int) -> Iterator[Place]:
    """Yield the bundles that are to be written: new ones, and those of which something was pruned since."""
    for place in bundles(min(before, pruned)):
        if any((to / msgspec.structs.replace(place, level=level).path).exists() for level in (ENTRIES, KEPT)):
            yield place
    yield from bundles(size, before)


def _bundle(connection: sqlite3.Connection, folder: Path, place: Place) -> tuple[Place, bytes]:
    """Return a bundle as it is now, and where that lies: elsewhere where something of it was pruned."""
    first = place.number * WIDTH
    rows = connection.execute(f"{ENTRIES_FROM} AND number < ? ORDER BY number", (first, first + place.width))
    found = [entry for number, run in rows for entry in entries_in(run)][: place.width]
    if len(found) < place.width:
        raise LedgerUnreadable(
            folder, f"entries are missing from entry {first} on; `ledger verify` says which"
        )
    entries = [entry if len(entry) > ORIGIN.size else b"" for entry in found]
    level = ENTRIES if all(entries) else KEPT
    return Place(level, place.number, place.width), bundle(entries)


def _write(to: Path, place: Place, octets: bytes) -> int:
    """Write a file, in whole or not at all; return 1."""
    path = to / place.path
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(draft, flags, 0o644), "wb") as stream:
        stream.write(octets)
    draft.replace(path)
    if place.level == KEPT:
        (to / Place(ENTRIES, place.number, place.width).path).unlink(missing_ok=True)
    return 1


def _tidy(to: Path, size: int) -> None:
    """Remove partial tiles and bundles of smaller trees."""
    wanted = {to / place.path for place in (*places(size), *bundles(size)) if place.width < WIDTH}
    wanted |= {
        to / Place(KEPT, place.number, place.width).path for place in bundles(size) if place.width < WIDTH
    }
    for folder in (to / "tile").rglob("*.p"):
        if folder.is_symlink():  # whoever made it, what it leads to is not ours
            continue
        for path in folder.iterdir():
            if path not in wanted and path.name.isdecimal():
                path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
