"""Signed notes and the names of the keys that sign them: a text, an empty line, a line for each signature.

    log.example/name
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    \u2014 log.example/name <base64 of key id and signature>

Rules of this file: pure. Parsing is strict and bounded, and nothing of a note is to be believed before a signature of a
known key was checked over it; what a signature covers is said where its type is (`checkpoint.py`, `cosignature.py`).
Source: C2SP signed-note.
"""

import base64
import enum
import re
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.crypto.signature import Algorithm, VerifyingKey

MOST_OCTETS: Final = 65_536
"""Octets of a note, at most."""
MOST_SIGNATURES: Final = 16
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,126}")
"""Names of keys and logs that are written here: those of the format without what its readers would have to escape."""
_LINE: Final = re.compile(r"\u2014 ([^\s+\x00-\x1f]{1,255}) ([A-Za-z0-9+/]+={0,2})")
_ID_OCTETS: Final = 4


class SignatureType(enum.Enum):
    """What a key signs, and with which algorithm."""

    NOTE = b"\x01"
    COSIGNATURE = b"\x04"
    SUBTREE = b"\x06"

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm."""
        return Algorithm.ML_DSA_44 if self is SignatureType.SUBTREE else Algorithm.ED25519


class NoteMalformed(ValueError):
    """Octets that are no signed note, or text that is no key of one; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(fault)
        self.fault = fault


class Signature(msgspec.Struct, frozen=True):
    """A signature line, not checked: the name of its key, the key's id, and what follows it."""

    name: str
    key_id: bytes
    octets: bytes


class Note(msgspec.Struct, frozen=True):
    """A note, not checked: its text with the last line feed, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def by(self, key: "NoteKey") -> tuple[bytes, ...]:
        """Return the octets of each signature that says it is this key's."""
        return tuple(
            one.octets for one in self.signatures if one.name == key.name and one.key_id == key.key_id
        )


class NoteKey(msgspec.Struct, frozen=True):
    """A public key under its name; `type` says what it signs."""

    name: str
    type: SignatureType
    key: VerifyingKey

    @property
    def key_id(self) -> bytes:
        """Four octets that tell the keys of one name apart; no proof of anything."""
        material = self.name.encode() + b"\n" + self.type.value + self.key.raw
        return sha256(material).digest()[:_ID_OCTETS]

    def encode(self) -> str:
        """Return the key as text, without a line feed: name, id and key."""
        material = base64.b64encode(self.type.value + self.key.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def line(self, signature: bytes) -> bytes:
        """Return the line of a signature of this key."""
        encoded = base64.b64encode(self.key_id + signature).decode()
        return f"\u2014 {self.name} {encoded}\n".encode()


def parse_key(text: str) -> NoteKey:
    """Return the key of a text as `NoteKey.encode` gives it.

    Raises:
        NoteMalformed: not of that form, of a type that is not known here, or with another id.
    """
    name, _, rest = text.partition("+")
    _, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
        kind = SignatureType(material[:1])
        found = NoteKey(name, kind, VerifyingKey(kind.algorithm, material[1:]))
    except ValueError as fault:
        raise NoteMalformed("it is not a public key in its form") from fault
    if NAME.fullmatch(name) is None or found.encode() != text:
        raise NoteMalformed("the public key does not fit its name or id")
    return found


def parse_note(octets: bytes) -> Note:
    """Return a note, with nothing checked but its form.

    Raises:
        NoteMalformed: not of that form.
    """
    if len(octets) > MOST_OCTETS:
        raise NoteMalformed("it is too long")
    try:
        whole = octets.decode()
    except UnicodeDecodeError as fault:
        raise NoteMalformed("it is not UTF-8") from fault
    body, border, tail = whole.rpartition("\n\n")
    if not border or not body or not tail.endswith("\n"):
        raise NoteMalformed("it is not a text, an empty line, and signatures")
    if any(ord(letter) < ord(" ") and letter != "\n" for letter in body):
        raise NoteMalformed("it has control characters")
    return Note(f"{body}\n", parse_signatures(tail))


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Return the signatures of some lines, each with its line feed.

    Raises:
        NoteMalformed: not of that form, or too many.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteMalformed("it has too many signatures")
    matches = [_LINE.fullmatch(line) for line in lines]
    if not all(matches) or not text.endswith("\n"):
        raise NoteMalformed("a signature line is not in its form")
    return tuple(_signature(match[1], match[2]) for match in matches if match)


def _signature(name: str, encoded: str) -> Signature:
    octets = decode(encoded)
    return Signature(name, octets[:_ID_OCTETS], octets[_ID_OCTETS:])


def decode(text: str) -> bytes:
    """Return the octets of base64 in its one form: without that, a signature could be changed and still hold.

    Raises:
        NoteMalformed: it is none.
    """
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError as fault:
        raise NoteMalformed("a part of it is not base64") from fault
    if base64.b64encode(octets).decode() != text:
        raise NoteMalformed("a part of it is not base64 in its one form")
    return octets
