"""Checkpoints: the size and root of the tree as a C2SP signed note, under two signatures that must both hold.

    bartizan.local/5f0c8a2be1d34976
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — bartizan.local/5f0c8a2be1d34976 <base64 of key id, Ed25519 signature>
    — bartizan.local/5f0c8a2be1d34976 <base64 of key id, time, ML-DSA-44 signature>

Rules of this file: pure. Parsing is strict and bounded; lines of unknown keys (witnesses) are passed over, as
the format asks; extension lines are refused, since the ML-DSA-44 signature does not cover them.
Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature (signature types 0x01 and 0x06).
"""

import base64
import re
import struct
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import (
    Algorithm,
    SignatureInvalid,
    SigningKey,
    VerifyingKey,
)

MOST_OCTETS: Final = 65_536
MOST_SIGNATURES: Final = 16
ORIGIN: Final = re.compile(r"bartizan\.local/[0-9a-f]{16}")
"""Name of a ledger: 16 hexadecimal digits chosen at random when it was begun."""

_TYPES: Final = {Algorithm.ED25519: b"\x01", Algorithm.ML_DSA_44: b"\x06"}
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE: Final = re.compile(r"\u2014 ([^\s+\x00-\x1f]{1,255}) ([A-Za-z0-9+/]+={0,2})")
_KEY_ID_OCTETS: Final = 4


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
    """

    origin: str
    size: int
    root: bytes
    at: int = 0

    @property
    def body(self) -> bytes:
        """The octets of the note's text: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


class Signers(msgspec.Struct, frozen=True):
    """The two private keys of a ledger, and its name."""

    origin: str
    ed25519: SigningKey
    ml_dsa_44: SigningKey

    def sign(self, size: int, root: bytes, now: Nanoseconds) -> bytes:
        """Return the signed checkpoint of a tree."""
        at = now // SECOND
        point = Checkpoint(self.origin, size, root, at)
        stamped = struct.pack(">Q", at) + self.ml_dsa_44.sign(_cosigned(point))
        lines = (
            _line(self.origin, self.ed25519.verifying, self.ed25519.sign(point.body)),
            _line(self.origin, self.ml_dsa_44.verifying, stamped),
        )
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

    def encode(self) -> bytes:
        """Return the keys as C2SP verifier keys, one a line."""
        return "".join(f"{_vkey(self.origin, key)}\n" for key in (self.ed25519, self.ml_dsa_44)).encode()

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a signed note, both signatures checked.

        Raises:
            CheckpointMalformed, SignatureMissing, SignatureForged, OriginOther: it is not to be believed.
        """
        point, signatures = _parse(note)
        if point.origin != self.origin:
            raise OriginOther
        _check(self.ed25519, _of(self.origin, self.ed25519, signatures), point.body)
        stamped = _of(self.origin, self.ml_dsa_44, signatures)
        point = msgspec.structs.replace(point, at=int.from_bytes(stamped[:8], "big"))
        _check(self.ml_dsa_44, stamped[8:], _cosigned(point))
        return point


def parse_verifiers(text: bytes) -> Verifiers:
    """Return the keys of a ledger from their C2SP lines, as `Verifiers.encode` gave them.

    Raises:
        CheckpointMalformed: not the two lines of one ledger.
    """
    lines = text[:MOST_OCTETS].decode("ascii", "replace").splitlines()
    if len(lines) != len(Algorithm):
        raise CheckpointMalformed("the ledger's public keys are not two lines")
    (origin, ed25519), (other, ml_dsa_44) = (
        _parse_vkey(line, algorithm) for line, algorithm in zip(lines, Algorithm, strict=True)
    )
    keys = Verifiers(origin, ed25519, ml_dsa_44)
    if origin != other or keys.encode() != text:
        raise CheckpointMalformed("the ledger's public keys are not two lines under one name")
    return keys


def _parse_vkey(line: str, algorithm: Algorithm) -> tuple[str, VerifyingKey]:
    origin, _, rest = line.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
        key = VerifyingKey(algorithm, material[1:])
    except ValueError as fault:
        raise CheckpointMalformed(f"the {algorithm.value} public key is not in its form") from fault
    if ORIGIN.fullmatch(origin) is None or _vkey(origin, key) != f"{origin}+{key_id}+{encoded}":
        raise CheckpointMalformed(f"the {algorithm.value} public key does not fit its name or id")
    return origin, key


def _vkey(origin: str, key: VerifyingKey) -> str:
    material = base64.b64encode(_TYPES[key.algorithm] + key.raw).decode()
    return f"{origin}+{_key_id(origin, key).hex()}+{material}"


def _key_id(origin: str, key: VerifyingKey) -> bytes:
    return sha256(origin.encode() + b"\n" + _TYPES[key.algorithm] + key.raw).digest()[:_KEY_ID_OCTETS]


def _line(origin: str, key: VerifyingKey, signature: bytes) -> bytes:
    encoded = base64.b64encode(_key_id(origin, key) + signature).decode()
    return f"\u2014 {origin} {encoded}\n".encode()


def _cosigned(point: Checkpoint) -> bytes:
    """Return what ML-DSA-44 signs. Source: C2SP tlog-cosignature, cosigned_message."""
    name = point.origin.encode()
    short = bytes([len(name)]) + name
    span = struct.pack(">QQ", 0, point.size)
    return b"subtree/v1\n\0" + short + struct.pack(">Q", point.at) + short + span + point.root


def _parse(note: bytes) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    if len(note) > MOST_OCTETS:
        raise CheckpointMalformed("it is too long")
    try:
        text = note.decode()
    except UnicodeDecodeError as fault:
        raise CheckpointMalformed("it is not UTF-8") from fault
    body, border, tail = text.rpartition("\n\n")
    lines = body.split("\n")
    if not border or not tail.endswith("\n") or len(lines) != len(Checkpoint.__struct_fields__) - 1:
        raise CheckpointMalformed("it is not three lines, an empty one, and signatures")
    origin, size, root = lines
    if ORIGIN.fullmatch(origin) is None or _SIZE.fullmatch(size) is None:
        raise CheckpointMalformed("its origin or size is not in its form")
    point = Checkpoint(origin, int(size), _decode(root))
    if point.body != body.encode() + b"\n" or len(point.root) != sha256().digest_size:
        raise CheckpointMalformed("its root is not in its form")
    return point, _signatures(tail[:-1].split("\n"))


def _signatures(lines: list[str]) -> list[tuple[str, bytes]]:
    if len(lines) > MOST_SIGNATURES:
        raise CheckpointMalformed("it has too many signatures")
    matches = [_LINE.fullmatch(line) for line in lines]
    if not all(matches):
        raise CheckpointMalformed("a signature line is not in its form")
    return [(match[1], _decode(match[2])) for match in matches if match]


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as fault:
        raise CheckpointMalformed("a part of it is not base64") from fault


def _of(origin: str, key: VerifyingKey, signatures: list[tuple[str, bytes]]) -> bytes:
    key_id = _key_id(origin, key)
    own = [octets[4:] for name, octets in signatures if name == origin and octets[:4] == key_id]
    if not own:
        raise SignatureMissing(key.algorithm)
    if len(own) > 1:
        raise CheckpointMalformed("it has two signatures of one key")
    return own[0]


def _check(key: VerifyingKey, signature: bytes, message: bytes) -> None:
    try:
        key.verify(signature, message)
    except SignatureInvalid as fault:
        raise SignatureForged(key.algorithm) from fault
