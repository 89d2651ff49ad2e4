"""A proof that one entry stands in the record, as a file that holds all that is needed to check it without the ledger.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry's octets>
    index 73894
    <base64 of a hash>                 from the leaf's sibling up to a child of the root

    <the checkpoint, with its signatures and cosignatures>

Rules of this file: pure. Nothing of a proof is believed before its checkpoint is.
Source: C2SP tlog-proof.
"""

import base64
import re
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.ledger.checkpoint import Checkpoint, Verifiers
from bartizan.ledger.entry import Entry, decode_entry
from bartizan.ledger.event import NotAnEvent
from bartizan.ledger.note import NoteMalformed, decode
from bartizan.ledger.tree import ProofInvalid, check_inclusion, leaf_hash

MOST_OCTETS: Final = 96 * 1024
_FIRST: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA: Final = "extra "
_MOST_HASHES: Final = 63


class ProofMalformed(ValueError):
    """Octets that are no proof in its form; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"this is not a proof: {fault}")
        self.fault = fault


class Proof(msgspec.Struct, frozen=True):
    """A proof, not checked.

    Attributes:
        index: of the entry.
        entry: its octets.
        hashes: the way up, lowest first.
        note: the signed checkpoint.
    """

    index: int
    entry: bytes
    hashes: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the octets of the file."""
        lines = [_FIRST, _EXTRA + _text(self.entry), f"index {self.index}", *map(_text, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.note

    def check(self, keys: Verifiers) -> tuple[Entry, Checkpoint]:
        """Return the entry and the checkpoint that it stands under.

        Raises:
            CheckpointInvalid: the checkpoint is not one of this ledger's, under both of its keys.
            ProofInvalid: the entry is not one that it covers.
        """
        point = keys.open(self.note)
        check_inclusion(leaf_hash(self.entry), self.index, point.size, self.hashes, point.root)
        try:
            return decode_entry(self.index, self.entry), point
        except NotAnEvent as fault:
            raise ProofInvalid("the entry is not a canonical event") from fault


def parse_proof(octets: bytes) -> Proof:
    """Return the proof of a file.

    Raises:
        ProofMalformed: not of that form, too long, or without the entry's octets.
    """
    if len(octets) > MOST_OCTETS:
        raise ProofMalformed("it is too long")
    head, border, note = octets.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not border or lines[0] != _FIRST:
        raise ProofMalformed(f"its first line is not {_FIRST}, or it has no checkpoint")
    if len(lines) < len((_FIRST, _EXTRA, _INDEX)) or not lines[1].startswith(_EXTRA):
        raise ProofMalformed("it does not hold the entry's octets")
    index, hashes = _INDEX.fullmatch(lines[2]), lines[3:]
    if index is None or len(hashes) > _MOST_HASHES:
        raise ProofMalformed("its index is not in its form, or it has too many hashes")
    try:
        found = Proof(int(index[1]), decode(lines[1].removeprefix(_EXTRA)), tuple(map(decode, hashes)), note)
    except NoteMalformed as fault:
        raise ProofMalformed(fault.fault) from fault
    if any(len(each) != sha256().digest_size for each in found.hashes) or found.encode() != octets:
        raise ProofMalformed("it is not in its strict form")
    return found


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
