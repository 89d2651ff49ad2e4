"""What was signed of a ledger's tree, and signing it again once it has grown.

Rules of this file: a tree is signed only if the last signed one is its beginning. A note counts once it is stored beside the
tree; the file that everybody reads comes after that.
"""

from pathlib import Path

from bartizan.clock import Clock
from bartizan.ledger.checkpoint import Checkpoint, Signers
from bartizan.ledger.installation import CHECKPOINT, read_small, write_whole
from bartizan.ledger.stored_tree import StoredTree
from bartizan.ledger.tree import ProofInvalid


class TreeDiffers(Exception):
    """The stored tree does not continue what was signed; nothing is signed or appended."""

    def __init__(self, signed: int, size: int) -> None:
        """Name the size that was signed and the size that is there."""
        word = "rolled back" if size < signed else "rewritten"
        super().__init__(
            f"the ledger was {word}: a checkpoint of {signed} entries was signed, the stored tree has {size} "
            f"and does not continue it. Keep this folder as evidence; `bartizan ledger restore --from BACKUP` mends it, or "
            f"move it away to begin a new one"
        )
        self.signed, self.size = signed, size


class Signing:
    """The checkpoints of one tree.

    Args:
        folder: the ledger's.
        signers: its keys and name.
        clock: stamps signatures.
        tree: that is signed.
        stored: the note that lies beside the tree; empty where there is none.
    Attributes:
        signed: the last checkpoint; None before the first.
        note: the same as it was signed.
    Raises:
        TreeDiffers: the tree does not continue its last checkpoint.
        CheckpointInvalid: its last checkpoint is not its keys'.
    """

    def __init__(self, folder: Path, signers: Signers, clock: Clock, tree: StoredTree, stored: bytes) -> None:
        """Compare the tree with what was signed: here and in the file that everybody reads."""
        self._folder, self._signers, self._clock, self._tree = folder, signers, clock, tree
        self.note, self.signed = self._latest(stored, read_small(folder / CHECKPOINT))

    def _latest(self, *notes: bytes) -> tuple[bytes, Checkpoint | None]:
        signed = [(self._signers.verifiers.open(note), note) for note in notes if note]
        for point, _ in signed:
            self._compare(point)
        if not signed:
            return b"", None
        point, note = max(signed, key=lambda pair: pair[0].size)
        return note, point

    def _compare(self, point: Checkpoint) -> None:
        """Return if the tree continues the one that was signed."""
        try:
            root = self._tree.root_at(point.size) if point.size <= self._tree.size else b""
        except ProofInvalid as fault:
            raise TreeDiffers(point.size, self._tree.size) from fault
        if root != point.root:
            raise TreeDiffers(point.size, self._tree.size)

    @property
    def size(self) -> int:
        """How many entries the last checkpoint covers."""
        return self.signed.size if self.signed else 0

    def sign(self) -> bytes:
        """Return the note of the tree as it stands, which counts once it is stored: `keep` it then.

        Raises:
            TreeDiffers: the tree does not continue what was signed before.
        """
        if self.signed is not None:
            self._compare(self.signed)
        return self._signers.sign(self._tree.size, self._tree.frontier.root(), self._clock.now())

    def keep(self, note: bytes) -> None:
        """Go on from a note that was stored."""
        self.note, self.signed = note, self._signers.verifiers.open(note)

    def publish(self) -> None:
        """Write the last note where everybody reads it, if it does not lie there."""
        if self.note and read_small(self._folder / CHECKPOINT) != self.note:
            write_whole(self._folder / CHECKPOINT, self.note)
