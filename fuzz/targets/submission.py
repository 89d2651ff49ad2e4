"""Checkpoints that are submitted to a witness: what is taken has one reading, and what is cosigned continues what was seen.

Every signature counts as good here, so that what lies behind it is reached. The witness has seen five entries.
"""

import base64

from bartizan.ledger.checkpoint import CheckpointMalformed, parse_point
from bartizan.ledger.note import NoteMalformed
from bartizan.ledger.tree import Frontier, consistency_proof, leaf_hash, node_hash, node_in, root_of
from bartizan.ledger.witness import MOST_HASHES, Evidence, Reason, Seen, encode, judge, parse
from fuzz.target import Target

_SIZE, _WIDE = 5, 16
_EDGE = Frontier()
_TILES = {tile.number: tile.hashes for tile in _EDGE.append(leaf_hash(b"%d" % at) for at in range(_WIDE))}
_NODE = node_in(lambda _, number: _TILES[number], _EDGE)
_SEEN = Seen(_SIZE, root_of(_NODE, 0, _SIZE))


def run(data: bytes) -> str:
    try:
        request = parse(data)
    except (NoteMalformed, CheckpointMalformed) as fault:
        return fault.fault
    assert request.encode() == data
    head, _, note = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    assert first == b"old %d" % request.old
    assert [base64.b64decode(line) for line in lines] == list(request.proof)
    assert (note, len(lines) <= MOST_HASHES) == (request.note, True)
    point, _ = parse_point(note)
    refused = judge(request, point, _SEEN)
    if refused is None:
        assert request.old == _SIZE <= point.size
        assert _roots(_SIZE, point.size, list(request.proof)) == (_SEEN.root, point.root)
        return "cosigned"
    assert (refused.size is not None) == (refused.reason is Reason.CONFLICT)
    if refused.evidence is Evidence.SPLIT_VIEW:
        assert point.size == _SIZE
        assert point.root != _SEEN.root
    return f"{refused.reason.name} {refused.evidence}"


def _roots(old: int, new: int, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Return the two roots that a proof leads to, by the definition of proofs (RFC 6962, section 2.1.2) read backwards."""
    if old == new:
        assert proof == []
        return _SEEN.root, _SEEN.root

    def both(place: int, size: int, *, whole: bool) -> tuple[bytes, bytes]:
        if place == size:
            known = _SEEN.root if whole else proof.pop(0)
            return known, known
        half = 1 << (size - 1).bit_length() - 1
        if place <= half:
            before, after = both(place, half, whole=whole)
            return before, node_hash(after, proof.pop(0))
        before, after = both(place - half, size - half, whole=False)
        left = proof.pop(0)
        return node_hash(left, before), node_hash(left, after)

    found = both(old, new, whole=True)
    assert proof == []
    return found


def _note(size: int) -> bytes:
    root = base64.b64encode(root_of(_NODE, 0, size))
    return b"l\n%d\n%b\n\n\xe2\x80\x94 l AAAAAA==\n" % (size, root)


def _request(old: int, size: int) -> bytes:
    return encode(old, consistency_proof(_NODE, old, size), _note(size))


TARGET = Target(
    modules=("bartizan.ledger.witness",),
    run=run,
    seeds=(
        *(_request(_SIZE, size) for size in (5, 6, 7, 8, 13, 16)),
        *(_request(old, 8) for old in (0, 3, 8)),
        encode(_SIZE, (), _note(4)),
        encode(9, (), _note(8)),
        encode(_SIZE, (bytes(32),) * MOST_HASHES, _note(8)),
        encode(_SIZE, (bytes(32),) * (MOST_HASHES + 1), _note(8)),
    ),
    words=(b"old ", b"\n\n", b"\n", b"\xe2\x80\x94 l ", b"=\n", b"AAAAAA==", _note(6), _note(8)),
    longest=4096,
)
