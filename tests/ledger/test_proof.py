"""A proof is enough to believe one entry, and nothing else is believed for it."""

import argparse
import subprocess
import sys
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger import offline as alone
from bartizan.ledger.checkpoint import CheckpointInvalid, Signers
from bartizan.ledger.installation import CHECKPOINT, WITNESSED, write_whole
from bartizan.ledger.proof import MOST_OCTETS, Proof, ProofMalformed, parse_proof
from bartizan.ledger.prove import NotCovered, prove
from bartizan.ledger.tree import ProofInvalid
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.test_prune import grown
from tests.ledger.test_prune import prune as prune_all

ENTRIES = 1 + 2 * 200


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    ground = Ground(tmp_path_factory.mktemp("ledger"))
    fill(ground, 1, 200)
    ground.sequencer.checkpoint()
    return ground


@pytest.fixture(scope="module")
def proof(ledger: Ground) -> Proof:
    return prove(ledger.folder, KEYS.verifiers, 77)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 399, ENTRIES - 1])
def test_every_entry_can_be_proven(ledger: Ground, index: int) -> None:
    entry, point = parse_proof(prove(ledger.folder, KEYS.verifiers, index).encode()).check(KEYS.verifiers)
    assert (entry.index, point.size) == (index, ENTRIES)


def test_it_is_of_the_c2sp_form(proof: Proof) -> None:
    lines = proof.encode().decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 77"
    assert "" in lines
    assert proof.encode().endswith(proof.note)


def test_an_entry_that_is_not_there_is_not_proven(ledger: Ground) -> None:
    with pytest.raises(NotCovered, match=f"{ENTRIES} entries"):
        prove(ledger.folder, KEYS.verifiers, ENTRIES)


def test_an_entry_that_was_pruned_is_not_proven_and_its_older_proof_holds(tmp_path: Path) -> None:
    ground = grown(tmp_path)
    older = prove(tmp_path, KEYS.verifiers, 5)
    prune_all(ground)
    with pytest.raises(NotCovered, match="pruned"):
        prove(tmp_path, KEYS.verifiers, 5)
    assert older.check(KEYS.verifiers)[0].index == 5


def test_the_checkpoint_that_witnesses_cosigned_is_preferred(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 20)
    witnessed = ground.sequencer.checkpoint()
    write_whole(tmp_path / WITNESSED, witnessed)
    fill(ground, 2, 20)
    latest = ground.sequencer.checkpoint()
    assert prove(tmp_path, KEYS.verifiers, 3).note == witnessed
    assert prove(tmp_path, KEYS.verifiers, 60).note == latest
    write_whole(tmp_path / WITNESSED, b"nonsense")
    assert prove(tmp_path, KEYS.verifiers, 3).note == latest == (tmp_path / CHECKPOINT).read_bytes()


@given(st.data())
def test_a_flipped_bit_anywhere_is_found(proof: Proof, data: st.DataObject) -> None:
    octets = bytearray(proof.encode())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((ProofMalformed, ProofInvalid, CheckpointInvalid)):
        parse_proof(bytes(octets)).check(KEYS.verifiers)


def test_another_entry_under_this_proof_is_not_proven(ledger: Ground, proof: Proof) -> None:
    other = prove(ledger.folder, KEYS.verifiers, 78)
    for forged in (
        msgspec.structs.replace(proof, entry=other.entry),
        msgspec.structs.replace(proof, index=78),
        msgspec.structs.replace(proof, hashes=proof.hashes[:-1]),
        msgspec.structs.replace(proof, hashes=(*proof.hashes, proof.hashes[0])),
        msgspec.structs.replace(proof, hashes=()),
    ):
        with pytest.raises(ProofInvalid):
            parse_proof(forged.encode()).check(KEYS.verifiers)


def test_an_inner_node_is_no_entry(ledger: Ground, proof: Proof) -> None:
    """The hash of two subtrees is no leaf: nobody can show an inner node as an entry."""
    tree = ledger.sequencer._tree
    node = tree.node(0, 0) + tree.node(0, 1)
    forged = msgspec.structs.replace(proof, entry=node, index=0, hashes=proof.hashes[1:])
    with pytest.raises(ProofInvalid):
        forged.check(KEYS.verifiers)


def test_keys_of_another_ledger_prove_nothing(proof: Proof) -> None:
    other = Signers(
        KEYS.origin, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44)
    )
    with pytest.raises(CheckpointInvalid):
        proof.check(other.verifiers)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_whatever_is_no_proof_is_refused(octets: bytes) -> None:
    with pytest.raises(ProofMalformed):
        parse_proof(octets)


def test_a_proof_without_end_is_refused_before_it_is_read(proof: Proof) -> None:
    with pytest.raises(ProofMalformed, match="too long"):
        parse_proof(proof.encode() + b"x" * MOST_OCTETS)


def offline(*words: str | Path) -> subprocess.CompletedProcess[str]:
    file = str(resources.files("bartizan.ledger").joinpath("offline.py"))
    return subprocess.run([sys.executable, "-I", file, *words], capture_output=True, text=True, check=False)


def test_the_stranger_s_verifier_says_the_same(proof: Proof, tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(KEYS.verifiers.encode())
    (tmp_path / "a").write_bytes(proof.encode())
    ran = offline(tmp_path / "a", "--keys", tmp_path / "keys")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"proven: entry 77 of {ENTRIES}\n")
    assert '"kind": "gateway.request.' in ran.stdout
    assert offline(tmp_path / "a").returncode == 3
    forged = msgspec.structs.replace(proof, index=76)
    (tmp_path / "b").write_bytes(forged.encode())
    ran = offline(tmp_path / "b", "--keys", tmp_path / "keys")
    assert ran.returncode == 1
    assert "does not stand in that tree" in ran.stdout


@given(st.data())
def test_the_stranger_s_verifier_takes_no_flipped_bit_either(
    proof: Proof, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    octets = bytearray(proof.encode())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    folder = tmp_path_factory.getbasetemp()
    (folder / "flipped").write_bytes(octets)
    (folder / "keys").write_bytes(KEYS.verifiers.encode())
    asked = argparse.Namespace(keys=folder / "keys", checkpoint=[], witness=[], quorum=0)
    try:
        found = alone.verify_proof(folder / "flipped", asked)
    except alone.Unusable:
        return
    assert found["count"] > 0
