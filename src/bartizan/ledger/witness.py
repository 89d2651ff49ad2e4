"""What a witness makes of a checkpoint that is submitted to it: a cosignature, or the reason why not.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=          none, or up to 63 hashes: the consistency proof

    log.example/name                                      the signed checkpoint
    20852163
    ...

Rules of this file: pure. Who submits is nobody in particular: what is read is bounded and strict, and nothing is
compared with what was seen before both of the ledger's signatures were found good. What is faulty is told apart as the
protocol does, in its order. Two trees of one size under one ledger's keys prove a split view whatever else was sent; a
proof that fails proves nothing yet, since anybody can put a wrong proof before somebody's good checkpoint.
Source: C2SP tlog-witness.
"""

import base64
import enum
import re
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.ledger.checkpoint import (
    Checkpoint,
    CheckpointInvalid,
    CheckpointMalformed,
    Verifiers,
    parse_point,
)
from bartizan.ledger.note import MOST_OCTETS as MOST_NOTE
from bartizan.ledger.note import NoteMalformed, decode
from bartizan.ledger.tree import EMPTY_ROOT, ProofInvalid, check_consistency

MOST_HASHES: Final = 63
"""Lines of a consistency proof."""
SIZE_MEDIA: Final = "text/x.tlog.size"
"""Media type of an answer that tells which size was seen last."""
_HASH_LINE: Final = 45
_FIRST_LINE: Final = 24
MOST_REQUEST: Final = _FIRST_LINE + MOST_HASHES * _HASH_LINE + 1 + MOST_NOTE
"""Octets of a request."""
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Reason(enum.Enum):
    """Why a checkpoint is not cosigned; the value is the status of HTTP that says so."""

    MALFORMED = 400
    UNTRUSTED = 403
    UNKNOWN = 404
    CONFLICT = 409
    UNPROVEN = 422


class Evidence(enum.Enum):
    """What a refused request is kept as."""

    SPLIT_VIEW = "split-view"
    """Two trees of one size were signed: proof, for whomever."""
    UNPROVEN = "unproven"
    """A larger tree whose proof fails: the ledger's doing, or that of whoever sent it."""


class Seen(msgspec.Struct, frozen=True):
    """The largest tree of a ledger that was cosigned; size 0 where none was."""

    size: int = 0
    root: bytes = EMPTY_ROOT


class Refused(msgspec.Struct, frozen=True):
    """No cosignature.

    Attributes:
        reason: why, as the protocol has it.
        size: of the largest tree that was cosigned, where the protocol wants it told.
        evidence: what the request is to be kept as, if it is.
    """

    reason: Reason
    size: int | None = None
    evidence: Evidence | None = None


class Request(msgspec.Struct, frozen=True):
    """A request, not checked: the size that the log believes was seen, the proof from there on, and the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes
    origin: str

    def encode(self) -> bytes:
        """Return the octets of a request."""
        return encode(self.old, self.proof, self.note)


def encode(old: int, proof: tuple[bytes, ...], note: bytes) -> bytes:
    """Return the octets of a request.

    Args:
        old: size of the tree that the witness has seen last.
        proof: that the new tree continues it.
        note: the signed checkpoint of the new one.
    """
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + note


def parse(octets: bytes) -> Request:
    """Return a request, with nothing checked but its form.

    Raises:
        NoteMalformed, CheckpointMalformed: not of that form.
    """
    if len(octets) > MOST_REQUEST:
        raise NoteMalformed("it is too long")
    head, border, note = octets.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    first = _OLD.fullmatch(lines[0])
    if not border or first is None or len(lines) > 1 + MOST_HASHES:
        raise NoteMalformed("it is not a size, a proof, an empty line and a checkpoint")
    proof = tuple(map(decode, lines[1:]))
    point, _ = parse_point(note)
    request = Request(int(first[1]), proof, note, point.origin)
    if any(len(one) != sha256().digest_size for one in proof) or request.encode() != octets:
        raise NoteMalformed("a hash of the proof is not in its form")
    return request


def opened(request: Request, keys: Verifiers) -> Checkpoint | Refused:
    """Return the checkpoint of a request whose ledger is known, both signatures checked; or why not.

    Args:
        request: whose origin is that of the keys.
        keys: of the ledger.
    """
    try:
        return keys.open(request.note)
    except CheckpointMalformed:
        return Refused(Reason.MALFORMED)
    except CheckpointInvalid:
        return Refused(Reason.UNTRUSTED)


def judge(request: Request, point: Checkpoint, seen: Seen) -> Refused | None:
    """Return why a signed checkpoint is not to be cosigned; None where it is.

    Args:
        request: that it came with.
        point: the checkpoint, its signatures checked.
        seen: the largest tree of this ledger that was cosigned.
    """
    if request.old > point.size:
        return Refused(Reason.MALFORMED)
    if point.size == seen.size and point.root != seen.root:
        return Refused(Reason.CONFLICT, seen.size, Evidence.SPLIT_VIEW)
    if request.old != seen.size:
        return Refused(Reason.CONFLICT, seen.size)
    try:
        check_consistency(seen.size, point.size, seen.root, point.root, request.proof)
    except ProofInvalid:
        return Refused(Reason.UNPROVEN, evidence=Evidence.UNPROVEN)
    return None
