"""What the owner of a ledger, or whoever took its keys, can show to witnesses: a copy's tree, signed, with its proofs.

Rules of this file: the ledger itself is only read. The keys are those of a throw-away platform.
"""

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.drill.ledger_copy import Copy
from bartizan.drill.target import Platform
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.database import reading
from bartizan.ledger.installation import load_signers
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import ProofInvalid, consistency_proof, node_in, root_of
from bartizan.ledger.witness import encode


def taken(platform: Platform) -> Signers:
    """Return a platform's own ledger keys, as whoever has its disk has them."""
    return load_signers(platform.ledger.parent / "keys", platform.ledger)


class Shown(msgspec.Struct, frozen=True):
    """The first `size` entries of a copy, under the ledger's keys.

    Attributes:
        copy: which.
        keys: the ledger's.
        size: how many entries of it are shown.
        now: when that is signed, UTC nanoseconds.
    """

    copy: Copy
    keys: Signers
    size: int
    now: Nanoseconds

    def note(self) -> bytes:
        """Return its checkpoint."""
        with reading(self.copy.folder) as connection:
            node = node_in(tile_in(connection), load_frontier(connection))
            return self.keys.sign(self.size, root_of(node, 0, self.size), self.now)

    def request(self, old: int) -> bytes:
        """Return what is submitted to a witness that has seen so many entries, with a proof where there can be one."""
        with reading(self.copy.folder) as connection:
            node = node_in(tile_in(connection), load_frontier(connection))
            try:
                proof = consistency_proof(node, old, self.size)
            except ProofInvalid:
                proof = ()
        return encode(old, proof, self.note())
