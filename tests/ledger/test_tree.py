"""The tree is RFC 6962's, whatever its size, and its proofs show what they say and nothing else."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ledger.tree import (
    EMPTY_ROOT,
    WIDTH,
    Frontier,
    Node,
    ProofInvalid,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_in,
    root_of,
)

SIZES = st.integers(0, 700)


def entries(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def naive_root(data: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if not data:
        return sha256().digest()
    if len(data) == 1:
        return sha256(b"\0" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\1" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def naive_path(m: int, data: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1, word by word."""
    if len(data) == 1:
        return []
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return [*naive_path(m, data[:k]), naive_root(data[k:])]
    return [*naive_path(m - k, data[k:]), naive_root(data[:k])]


def naive_proof(m: int, data: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962, section 2.1.2, word by word."""
    if m == len(data):
        return [] if whole else [naive_root(data)]
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m <= k:
        return [*naive_proof(m, data[:k], whole=whole), naive_root(data[k:])]
    return [*naive_proof(m - k, data[k:], whole=False), naive_root(data[:k])]


def grown(data: list[bytes], steps: list[int]) -> tuple[Frontier, Node]:
    """A tree that got its entries in steps of these sizes, then the rest."""
    frontier, tiles = Frontier(), dict[tuple[int, int], bytes]()
    at = 0
    for step in [*steps, len(data)]:
        for tile in frontier.append(map(leaf_hash, data[at : at + step])):
            assert (tile.level, tile.number) not in tiles
            tiles[tile.level, tile.number] = tile.hashes
        at = min(len(data), at + step)
    return frontier, node_in(lambda level, number: tiles[level, number], frontier)


@given(SIZES, st.lists(st.integers(0, 90), max_size=6))
def test_the_root_is_that_of_rfc_6962_however_the_entries_came(size: int, steps: list[int]) -> None:
    data = entries(size)
    frontier, node = grown(data, steps)
    assert frontier.root() == naive_root(data)
    assert root_of(node, 0, size) == naive_root(data)
    again = Frontier(size, frontier.encode())
    assert (again.root(), again.levels) == (frontier.root(), frontier.levels)


def test_known_roots_hold() -> None:
    # Certificate Transparency's test data: the tree of eight leaves
    leaves = [
        bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
    ]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    frontier, _ = grown(leaves, [])
    assert frontier.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.data())
def test_an_inclusion_proof_is_that_of_rfc_6962_and_holds_at_its_place_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 400))
    asked = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, asked - 1))
    content = entries(size)
    _, node = grown(content, [])
    proof, root = inclusion_proof(node, index, asked), naive_root(content[:asked])
    assert list(proof) == naive_path(index, content[:asked])
    check_inclusion(leaf_hash(content[index]), index, asked, proof, root)
    other = data.draw(st.integers(0, asked - 1).filter(lambda at: at != index)) if asked > 1 else None
    if other is not None:
        with pytest.raises(ProofInvalid):
            check_inclusion(leaf_hash(content[index]), other, asked, proof, root)
    with pytest.raises(ProofInvalid):
        check_inclusion(leaf_hash(b"another"), index, asked, proof, root)
    for wrong in ((*proof, bytes(32)), proof[:-1]):
        if wrong != proof:
            with pytest.raises(ProofInvalid):
                check_inclusion(leaf_hash(content[index]), index, asked, wrong, root)


@given(st.data())
def test_a_consistency_proof_is_that_of_rfc_6962_and_holds_for_its_trees_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 400))
    old = data.draw(st.integers(1, size))
    content = entries(size)
    _, node = grown(content, [])
    proof = consistency_proof(node, old, size)
    before, after = naive_root(content[:old]), naive_root(content)
    assert list(proof) == naive_proof(old, content)
    check_consistency(old, size, before, after, proof)
    forked = naive_root([*content[: old - 1], b"another"])
    with pytest.raises(ProofInvalid):
        check_consistency(old, size, forked, after, proof)
    with pytest.raises(ProofInvalid):
        check_consistency(old, size, before, bytes(32), proof)
    with pytest.raises(ProofInvalid):
        check_consistency(old, size, before, after, (*proof, bytes(32)))
    if proof:
        with pytest.raises(ProofInvalid):
            check_consistency(old, size, before, after, proof[:-1])


def test_a_tree_answers_for_no_subtree_that_is_not_complete() -> None:
    _, node = grown(entries(WIDTH + 3), [])
    for level, index in ((0, WIDTH + 3), (2, 4), (5, 0), (40, 0)):
        with pytest.raises(ProofInvalid):
            node(level, index)


@given(st.integers(0, 5000), st.binary(max_size=200))
def test_only_the_edge_of_a_tree_of_that_size_is_taken(size: int, octets: bytes) -> None:
    wanted = 0
    rest = size
    while rest:
        wanted, rest = wanted + rest % WIDTH * 32, rest // WIDTH
    if wanted != len(octets):
        with pytest.raises(ValueError, match="edge"):
            Frontier(size, octets)
