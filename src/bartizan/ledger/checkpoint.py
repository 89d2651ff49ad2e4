"""Checkpoints: the size and root of the tree as a C2SP signed note, under two signatures that must both hold.

    bartizan.local/5f0c8a2be1d34976
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — bartizan.local/5f0c8a2be1d34976 <base64 of key id, Ed25519 signature>
    — bartizan.local/5f0c8a2be1d34976 <base64 of key id, time, ML-DSA-44 signature>

Rules of this file: pure. Parsing is strict and bounded; lines of unknown keys (witnesses) are passed over, as
the format asks; extension lines are refused in a ledger's own checkpoint, since its ML-DSA-44 signature does not
cover them.
Source: C2SP tlog-checkpoint and tlog-cosignature (signature types 0x01 and 0x06).
"""

import base64
import re
import struct
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SignatureInvalid, SigningKey, VerifyingKey
from bartizan.ledger.note import (
    MOST_OCTETS,
    Note,
    NoteKey,
    NoteMalformed,
    SignatureType,
    decode,
    parse_key,
    parse_note,
)

__all__ = [
    "MOST_OCTETS",
    "Checkpoint",
    "CheckpointInvalid",
    "CheckpointMalformed",
    "OriginOther",
    "SignatureForged",
    "SignatureMissing",
    "Signers",
    "Verifiers",
    "check",
    "cosigned",
    "parse_point",
    "parse_verifiers",
]

ORIGIN: Final = re.compile(r"bartizan\.local/[0-9a-f]{16}")
"""Name of a ledger: 16 hexadecimal digits chosen at random when it was begun."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES: Final = 3
_LONGEST_ORIGIN: Final = 255
_KEY_TYPES: Final = (SignatureType.NOTE, SignatureType.SUBTREE)


class CheckpointInvalid(Exception):
    """A checkpoint that proves nothing; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"the checkpoint is not valid: {fault}")
        self.fault = fault


class CheckpointMalformed(CheckpointInvalid):
    """Octets that are not a checkpoint in its strict form."""


class SignatureMissing(CheckpointInvalid):
    """One of the two signatures is not there."""

    def __init__(self, algorithm: Algorithm) -> None:
        """Name the algorithm."""
        super().__init__(f"the {algorithm.value} signature of the ledger's key is missing")
        self.algorithm = algorithm


class SignatureForged(CheckpointInvalid):
    """A signature under the name and id of the ledger's key does not verify."""

    def __init__(self, algorithm: Algorithm) -> None:
        """Name the algorithm."""
        super().__init__(f"the {algorithm.value} signature does not verify under the ledger's key")
        self.algorithm = algorithm


class OriginOther(CheckpointInvalid):
    """A checkpoint of another ledger."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("it belongs to another ledger")


class Checkpoint(msgspec.Struct, frozen=True):
    """A tree as it was signed.

    Attributes:
        origin: name of the ledger.
        size: entries in the tree.
        root: 32 octets.
        at: when it was signed, whole seconds since the epoch; 0 where it is not signed.
        more: extension lines, each with its line feed; a ledger of ours has none.
    """

    origin: str
    size: int
    root: bytes
    at: int = 0
    more: str = ""

    @property
    def body(self) -> bytes:
        """The octets of the note's text: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{self.more}".encode()


class Signers(msgspec.Struct, frozen=True):
    """The two private keys of a ledger, and its name."""

    origin: str
    ed25519: SigningKey
    ml_dsa_44: SigningKey

    def sign(self, size: int, root: bytes, now: Nanoseconds) -> bytes:
        """Return the signed checkpoint of a tree."""
        at = now // SECOND
        point, keys = Checkpoint(self.origin, size, root, at), self.verifiers
        stamped = struct.pack(">Q", at) + self.ml_dsa_44.sign(cosigned(point, self.origin))
        lines = keys.note_key.line(self.ed25519.sign(point.body)), keys.subtree_key.line(stamped)
        return point.body + b"\n" + b"".join(lines)

    @property
    def verifiers(self) -> "Verifiers":
        """The public halves."""
        return Verifiers(self.origin, self.ed25519.verifying, self.ml_dsa_44.verifying)


class Verifiers(msgspec.Struct, frozen=True):
    """The two public keys of a ledger, and its name."""

    origin: str
    ed25519: VerifyingKey
    ml_dsa_44: VerifyingKey

    @property
    def note_key(self) -> NoteKey:
        """The key of the first line."""
        return NoteKey(self.origin, SignatureType.NOTE, self.ed25519)

    @property
    def subtree_key(self) -> NoteKey:
        """The key of the second line."""
        return NoteKey(self.origin, SignatureType.SUBTREE, self.ml_dsa_44)

    def encode(self) -> bytes:
        """Return the keys as C2SP verifier keys, one a line."""
        return f"{self.note_key.encode()}\n{self.subtree_key.encode()}\n".encode()

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a signed note, both signatures checked.

        Raises:
            CheckpointMalformed, SignatureMissing, SignatureForged, OriginOther: it is not to be believed.
        """
        point, found = parse_point(note)
        if ORIGIN.fullmatch(point.origin) is None or point.more:
            raise CheckpointMalformed("its origin is not in its form, or it has extension lines")
        if point.origin != self.origin:
            raise OriginOther
        check(self.ed25519, _of(self.note_key, found), point.body)
        stamped = _of(self.subtree_key, found)
        point = msgspec.structs.replace(point, at=int.from_bytes(stamped[:8], "big"))
        check(self.ml_dsa_44, stamped[8:], cosigned(point, self.origin))
        return point


def parse_verifiers(text: bytes) -> Verifiers:
    """Return the keys of a ledger from their C2SP lines, as `Verifiers.encode` gave them.

    Raises:
        CheckpointMalformed: not the two lines of one ledger.
    """
    lines = text[:MOST_OCTETS].decode("ascii", "replace").splitlines()
    if len(lines) != len(_KEY_TYPES):
        raise CheckpointMalformed("the ledger's public keys are not two lines")
    try:
        first, second = map(parse_key, lines)
    except NoteMalformed as fault:
        raise CheckpointMalformed(f"the ledger's public keys: {fault.fault}") from fault
    if (first.type, second.type) != _KEY_TYPES:
        raise CheckpointMalformed("the ledger's public keys are not one of each type, Ed25519 first")
    keys = Verifiers(first.name, first.key, second.key)
    if first.name != second.name or ORIGIN.fullmatch(first.name) is None or keys.encode() != text:
        raise CheckpointMalformed("the ledger's public keys are not two lines under one name")
    return keys


def parse_point(octets: bytes) -> tuple[Checkpoint, Note]:
    """Return what a note says of a tree, be it any log's; no signature is checked.

    Raises:
        CheckpointMalformed: not a checkpoint in its form.
    """
    try:
        note = parse_note(octets)
        lines = note.text.split("\n")[:-1]
        if len(lines) < _LINES or not all(lines):
            raise NoteMalformed("it is not three lines, an empty one, and signatures")
        origin, size, root = lines[:_LINES]
        if _SIZE.fullmatch(size) is None or len(origin.encode()) > _LONGEST_ORIGIN:
            raise NoteMalformed("its origin or size is not in its form")
        more = "".join(f"{line}\n" for line in lines[_LINES:])
        point = Checkpoint(origin, int(size), decode(root), more=more)
    except NoteMalformed as fault:
        raise CheckpointMalformed(fault.fault) from fault
    if point.body != note.text.encode() or len(point.root) != sha256().digest_size:
        raise CheckpointMalformed("its root is not in its form")
    return point, note


def cosigned(point: Checkpoint, name: str) -> bytes:
    """Return what an ML-DSA-44 key of this name signs of a tree. Source: C2SP tlog-cosignature, cosigned_message."""
    own, log = name.encode(), point.origin.encode()
    span = struct.pack(">QQ", 0, point.size)
    return (
        b"subtree/v1\n\0"
        + bytes([len(own)])
        + own
        + struct.pack(">Q", point.at)
        + bytes([len(log)])
        + log
        + span
        + point.root
    )


def check(key: VerifyingKey, signature: bytes, message: bytes) -> None:
    """Return if a signature is this key's over a message.

    Raises:
        SignatureForged: it is not.
    """
    try:
        key.verify(signature, message)
    except SignatureInvalid as fault:
        raise SignatureForged(key.algorithm) from fault


def _of(key: NoteKey, note: Note) -> bytes:
    own = note.by(key)
    if not own:
        raise SignatureMissing(key.type.algorithm)
    if len(own) > 1:
        raise CheckpointMalformed("it has two signatures of one key")
    return own[0]
