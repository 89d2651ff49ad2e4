"""DSSE: a payload, its type, and signatures over both.

Rules of this file: an envelope has one form in octets, and only that is taken: repeated members, white space and other base64 are
refused, so that two readers see one envelope. A signature counts for the key whose id it names, in the order of the keys that are
asked for, and there is none beside them: taking one away, adding one or exchanging ids is refused.

Source: DSSE v1.0.2, protocol.md and envelope.md (secure-systems-lab).
"""

import base64
import binascii
from typing import Final

import msgspec

from bartizan.artifact.errors import Malformed
from bartizan.typed_json import decoded, known

MOST_OCTETS: Final = 128 << 20
"""Of an envelope."""
IN_TOTO: Final = "application/vnd.in-toto+json"
"""Type of a payload that is an in-toto statement."""
_MOST_SIGNATURES: Final = 8


class Signature(msgspec.Struct, frozen=True):
    """A signature, not checked: whose it says it is, and its octets."""

    keyid: str
    octets: bytes


class Envelope(msgspec.Struct, frozen=True):
    """An envelope, of which nothing is proven."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payload: str
    payloadType: str  # noqa: N815 - the format's own name
    signatures: tuple[_Signature, ...]


known(_Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: the pre-authentication encoding of a payload and its type."""
    of = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(of), of, len(payload), payload)


def encoded(envelope: Envelope) -> bytes:
    """Return an envelope as octets, a line."""
    signatures = tuple(_Signature(one.keyid, _base64(one.octets)) for one in envelope.signatures)
    told = _Envelope(_base64(envelope.payload), envelope.payload_type, signatures)
    return msgspec.json.encode(told, order="sorted") + b"\n"


def parsed(octets: bytes) -> Envelope:
    """Return the envelope that octets are.

    Raises:
        Malformed: they are none, or not in its one form.
    """
    if len(octets) > MOST_OCTETS:
        raise Malformed(f"it is larger than {MOST_OCTETS >> 20} MiB, which no envelope is")
    try:
        told = decoded(octets, _Envelope)
        signatures = tuple(Signature(one.keyid, octets_of(one.sig)) for one in told.signatures)
        found = Envelope(told.payloadType, octets_of(told.payload), signatures)
    except (ValueError, RecursionError):
        raise Malformed("this is not a DSSE envelope") from None
    if encoded(found) != octets or len(signatures) > _MOST_SIGNATURES:
        raise Malformed("the DSSE envelope is not in its one form: members repeated, unsorted, or spaced")
    return found


def octets_of(base64_text: str) -> bytes:
    """Return what base64 says, which has one form.

    Raises:
        ValueError: it is none.
    """
    try:
        found = base64.b64decode(base64_text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if _base64(found) != base64_text:
        raise ValueError("not the one form of base64")
    return found


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
