"""Cosignatures: what a witness says of a checkpoint, that it continues all that the witness has seen of this log.

    \u2014 witness.example/w1 <base64 of key id, time, Ed25519 signature>
    \u2014 witness.example/w1 <base64 of key id, time, ML-DSA-44 signature>

Rules of this file: pure. A witness of ours signs with both of its keys, and whoever asks for its word asks for as many
as it is known by: a stripped one counts for nothing. Witnesses of others may have one key alone.
Source: C2SP tlog-cosignature (signature types 0x04 and 0x06).
"""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import SigningKey
from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, SignatureMissing, check, cosigned
from bartizan.ledger.note import Note, NoteKey, NoteMalformed, SignatureType, parse_key

_TIME: Final = struct.Struct(">Q")
_TYPES: Final = (SignatureType.COSIGNATURE, SignatureType.SUBTREE)
LATEST: Final = 2**63 - 1
"""The largest time that a cosignature may carry, in seconds."""
MOST_WITNESSES: Final = 7
"""Witnesses, each with two keys, beside the ledger's own two: as many signatures as every reader of notes takes."""


class Cosigner(msgspec.Struct, frozen=True):
    """The two private keys of a witness, and its name."""

    name: str
    ed25519: SigningKey
    ml_dsa_44: SigningKey

    def sign(self, point: Checkpoint, now: Nanoseconds) -> bytes:
        """Return the two lines that say that this checkpoint continues all that was seen before."""
        at = now // SECOND
        stamp = _TIME.pack(at)
        first, second = self.witness.keys
        point = msgspec.structs.replace(point, at=at)
        lines = (
            first.line(stamp + self.ed25519.sign(_message(first, point))),
            second.line(stamp + self.ml_dsa_44.sign(_message(second, point))),
        )
        return b"".join(lines)

    @property
    def witness(self) -> "Witness":
        """What others know it by."""
        keys = self.ed25519.verifying, self.ml_dsa_44.verifying
        return Witness(
            self.name,
            tuple(NoteKey(self.name, kind, key) for kind, key in zip(_TYPES, keys, strict=True)),
        )


class Witness(msgspec.Struct, frozen=True):
    """A witness as others know it: its name and each of its public keys."""

    name: str
    keys: tuple[NoteKey, ...]

    def encode(self) -> bytes:
        """Return the keys, one a line."""
        return "".join(f"{key.encode()}\n" for key in self.keys).encode()

    def word(self, point: Checkpoint, note: Note) -> "Word":
        """Return what it said of this checkpoint.

        Raises:
            SignatureMissing, SignatureForged: one of its keys did not sign it.
        """
        words = [_word(key, point, note) for key in self.keys]
        return Word(min(word.at for word in words), b"".join(word.lines for word in words))


class Word(msgspec.Struct, frozen=True):
    """What a witness said of a checkpoint: when, in seconds since the epoch (the earliest of its keys), and the lines."""

    at: int
    lines: bytes


def _word(key: NoteKey, point: Checkpoint, note: Note) -> Word:
    fault: CheckpointInvalid = SignatureMissing(key.type.algorithm)
    for octets in note.by(key):  # several may be there, of several times
        at = int.from_bytes(octets[: _TIME.size], "big")
        if at > LATEST:
            continue
        try:
            check(key.key, octets[_TIME.size :], _message(key, msgspec.structs.replace(point, at=at)))
        except CheckpointInvalid as forged:
            fault = forged
        else:
            return Word(at, key.line(octets))
    raise fault


def parse_witness(text: bytes) -> Witness:
    """Return a witness from the lines of its keys, as `Witness.encode` gives them.

    Raises:
        NoteMalformed: not one or two keys of cosignatures under one name.
    """
    lines = text.decode("ascii", "replace").splitlines()
    if not 0 < len(lines) <= len(_TYPES):
        raise NoteMalformed("a witness has one or two public keys, a line each")
    keys = tuple(parse_key(line.strip()) for line in lines)
    if len({key.name for key in keys}) > 1 or len({key.type for key in keys}) < len(keys):
        raise NoteMalformed("the keys of a witness are of one name, each of another type")
    if any(key.type not in _TYPES for key in keys):
        raise NoteMalformed("the key is not one for cosignatures")
    return Witness(keys[0].name, keys)


def words(witnesses: Iterable[Witness], point: Checkpoint, note: Note) -> dict[str, Word]:
    """Return what each of these witnesses said of a checkpoint, by its name; who did not sign it is left out.

    Args:
        witnesses: those that are known; each has to have signed with all of its keys.
        point: a tree.
        note: with signatures of whomever.
    """
    found: dict[str, Word] = {}
    for witness in witnesses:
        try:
            found[witness.name] = witness.word(point, note)
        except CheckpointInvalid:
            continue
    return found


def _message(key: NoteKey, point: Checkpoint) -> bytes:
    """Return what a witness's key signs of a checkpoint at its time."""
    if key.type is SignatureType.SUBTREE:
        return cosigned(point, key.name)
    return f"cosignature/v1\ntime {point.at}\n".encode() + point.body
