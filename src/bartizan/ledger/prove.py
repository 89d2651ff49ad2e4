"""Making the proof of one entry out of a ledger.

Rules of this file: read-only. The checkpoint that witnesses have cosigned is preferred, since it says more, and the
latest one is taken where that does not cover the entry yet.
"""

import sqlite3
from pathlib import Path

from bartizan.ledger.checkpoint import CheckpointInvalid, Verifiers
from bartizan.ledger.database import ENTRIES_FROM, LedgerUnreadable, reading
from bartizan.ledger.entry import ORIGIN, entries_in
from bartizan.ledger.installation import CHECKPOINT, WITNESSED, read_small
from bartizan.ledger.proof import Proof
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import ProofInvalid, inclusion_proof, node_in


class NotCovered(Exception):
    """There is no such entry under a checkpoint, or nothing of it is left that could be shown."""

    def __init__(self, index: int, why: str) -> None:
        """Name the entry and the reason."""
        super().__init__(f"entry {index} cannot be proven: {why}")
        self.index = index


def prove(folder: Path, keys: Verifiers, index: int) -> Proof:
    """Return the proof that an entry stands in the record.

    Args:
        folder: of the ledger.
        keys: its own.
        index: of the entry.
    Raises:
        NotCovered: no signed tree has it, or it was pruned.
        CheckpointInvalid, LedgerUnreadable: the ledger is damaged; verify says where.
    """
    note, size = _covering(folder, keys, index)
    with reading(folder) as connection:
        entry = _entry(connection, index)
        if not entry:
            raise LedgerUnreadable(folder, f"entry {index} is missing")
        if len(entry) == ORIGIN.size:
            raise NotCovered(
                index, "what it said was pruned; its hash is kept, so that older proofs of it still hold"
            )
        try:
            node = node_in(tile_in(connection), load_frontier(connection))
            proof = Proof(index, entry, inclusion_proof(node, index, size), note)
            proof.check(keys)
        except (ProofInvalid, ValueError) as fault:
            raise LedgerUnreadable(folder, f"entry {index}: {fault}") from fault
    return proof


def _covering(folder: Path, keys: Verifiers, index: int) -> tuple[bytes, int]:
    sizes = [0]
    for name in (WITNESSED, CHECKPOINT):
        note = read_small(folder / name)
        if not note:
            continue
        try:
            size = keys.open(note).size
        except CheckpointInvalid:
            if name == CHECKPOINT:
                raise
            continue  # it only says more
        if index < size:
            return note, size
        sizes.append(size)
    raise NotCovered(index, f"the signed tree has {max(sizes)} entries, numbered from 0")


def _entry(connection: sqlite3.Connection, index: int) -> bytes:
    """Return an entry's octets; empty where there is none."""
    rows = connection.execute(f"{ENTRIES_FROM} AND number <= ? ORDER BY number DESC LIMIT 1", (0, index))
    found = next(iter(rows), (0, None))
    entries = entries_in(found[1]) if found[1] is not None else []
    return b"".join(entries[index - found[0] : index - found[0] + 1])
