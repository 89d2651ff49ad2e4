"""Histories of a ledger, signed, for whoever is to believe one of them and no other."""

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.cosignature import Cosigner
from bartizan.ledger.tree import Frontier, consistency_proof, leaf_hash, node_in, root_of
from bartizan.ledger.witness import encode

NOW = Nanoseconds(1_800_000_000 * SECOND)


def signers(origin: str = "bartizan.local/00112233445566aa") -> Signers:
    return Signers(origin, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44))


def cosigner(name: str = "witness.example.com/w1") -> Cosigner:
    return Cosigner(name, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44))


LEDGER = signers()


class History:
    """One history: entries that begin like every other's, and differ from entry `fork` on."""

    def __init__(
        self, size: int, fork: int | None = None, word: str = "other", keys: Signers = LEDGER
    ) -> None:
        self.size, self.keys = size, keys
        tiles: dict[tuple[int, int], bytes] = {}
        frontier = Frontier()
        forked = size if fork is None else fork
        leaves = [leaf_hash(f"{'same' if at < forked else word} {at}".encode()) for at in range(size)]
        for tile in frontier.append(leaves):
            tiles[tile.level, tile.number] = tile.hashes
        self._node = node_in(lambda level, number: tiles[level, number], frontier)

    def root(self, size: int) -> bytes:
        return root_of(self._node, 0, size)

    def note(self, size: int, now: Nanoseconds = NOW) -> bytes:
        """The signed checkpoint of its first entries."""
        return self.keys.sign(size, self.root(size), now)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        return consistency_proof(self._node, old, size)

    def request(self, old: int, size: int) -> bytes:
        """What is submitted to a witness that has seen the first `old` of them."""
        return encode(old, self.proof(old, size), self.note(size))
