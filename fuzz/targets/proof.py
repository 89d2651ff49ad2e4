"""Proofs of entries: whatever the octets, ours and the verifier that stands alone believe the same, and only what was signed.

An input is what stands before the checkpoint of a tree of five entries, or all of a proof.
"""

import argparse

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger import offline
from bartizan.ledger.checkpoint import CheckpointInvalid, Signers
from bartizan.ledger.entry import encode_entry
from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.proof import Proof, ProofMalformed, parse_proof
from bartizan.ledger.tree import Frontier, ProofInvalid, inclusion_proof, leaf_hash, node_in
from fuzz.target import Target

_KEYS = Signers(
    "bartizan.local/00112233445566aa",
    SigningKey.generate(Algorithm.ED25519),
    SigningKey.generate(Algorithm.ML_DSA_44),
)
_EVENTS = [
    Event(at, "platform.process.started", "platform", "", Outcome.DONE, "", {"number": at}) for at in range(5)
]
_ENTRIES = [encode_entry(1, number, encode(event)) for number, event in enumerate(_EVENTS)]


def _proofs() -> tuple[Proof, ...]:
    tree = Frontier()
    tree.append(map(leaf_hash, _ENTRIES))
    node = node_in(lambda _level, _number: b"", tree)
    note = _KEYS.sign(len(_ENTRIES), tree.root(), Nanoseconds(SECOND))
    return tuple(
        Proof(index, entry, inclusion_proof(node, index, len(_ENTRIES)), note)
        for index, entry in enumerate(_ENTRIES)
    )


_PROOFS = _proofs()
_NOTE = _PROOFS[0].note
_ALONE = [
    offline.Key(key.name, key.key_id, key.type.value[0], key.key.raw)
    for key in (_KEYS.verifiers.note_key, _KEYS.verifiers.subtree_key)
]
_ASKED = argparse.Namespace(witness=[], quorum=0)


def run(data: bytes) -> str:
    octets = data[1:] + _NOTE if data[:1] == b"+" else data
    try:
        proof = parse_proof(octets)
        entry, _ = proof.check(_KEYS.verifiers)
    except ProofMalformed as fault:
        return fault.fault
    except (ProofInvalid, CheckpointInvalid) as fault:
        assert not _believed_alone(octets)
        return type(fault).__name__
    assert proof.entry == _ENTRIES[entry.index]
    assert proof.encode() == octets
    assert _believed_alone(octets)
    return f"entry {entry.index}"


def _believed_alone(octets: bytes) -> bool:
    try:
        return not offline.proof_of(octets, _ALONE, _ASKED)["count"]
    except offline.Unusable:
        return False


TARGET = Target(
    modules=("bartizan.ledger.proof", "bartizan.ledger.note", "bartizan.ledger.offline"),
    run=run,
    seeds=tuple(b"+" + proof.encode()[: -len(_NOTE)] for proof in _PROOFS),
    words=(
        b"index 0",
        b"index 4",
        b"extra ",
        b"\n\n",
        b"\n",
        b"c2sp.org/tlog-proof@v1\n",
        b"AAAA",
        b"=",
        b"+",
    ),
)
