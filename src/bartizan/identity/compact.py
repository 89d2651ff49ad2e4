"""Taking a compact JWS apart: one reading or none.

Rules of this file: pure, and nothing is verified here. Encodings are canonical and JSON keys unique.
Source: RFC 7515 sections 2 and 7.1; RFC 4648 section 3.5 (bits that pad must be zero).
"""

import binascii
import json
import re
from typing import Any, Final

from bartizan.crypto.secret import Reticent
from bartizan.strict_json import no_constant, once

_SEGMENT: Final = re.compile(rb"[A-Za-z0-9_-]+")
_JSON: Final = json.JSONDecoder(object_pairs_hook=once, parse_constant=no_constant)


class NotCompact(ValueError):
    """Not a compact JWS of canonical base64url around JSON objects with unique keys."""

    def __init__(self, part: str) -> None:
        """Name the part that is broken (`form`, `header`, `payload`, `signature`); never its content."""
        super().__init__(f"the {part} is malformed")
        self.part = part


class Compact(Reticent, frozen=True):
    """The parts of a compact JWS.

    Attributes:
        signed: what the signature is over.
        head: the header as it was sent, in base64url.
        header, payload: octets of the two JSON texts.
        signature: octets.
    """

    signed: bytes
    head: bytes
    header: bytes
    payload: bytes
    signature: bytes


def take_apart(text: str) -> Compact:
    """Return the parts of a compact JWS.

    Raises:
        NotCompact: it is none.
    """
    if not text.isascii():
        raise NotCompact("form")
    signed, dot, signature = text.encode("ascii").rpartition(b".")
    head, middle, body = signed.partition(b".")
    if not dot or not middle:
        raise NotCompact("form")
    return Compact(
        signed, head, octets_of(head, "header"), octets_of(body, "payload"), octets_of(signature, "signature")
    )


def read_object(octets: bytes, part: str) -> dict[str, Any]:
    """Return the JSON object that a part holds.

    Raises:
        NotCompact: it holds none, or one that names a member twice.
    """
    try:
        value = _JSON.decode(octets.decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise NotCompact(part) from fault
    if not isinstance(value, dict):
        raise NotCompact(part)
    return value


def encoded(octets: bytes) -> str:
    """Return base64url without padding."""
    return binascii.b2a_base64(octets, newline=False).translate(_TO_URL, b"=").decode("ascii")


_TO_URL: Final = bytes.maketrans(b"+/", b"-_")


def octets_of(segment: bytes, part: str) -> bytes:
    """Return the octets of canonical base64url without padding.

    Args:
        segment: as it was sent.
        part: what it is, for the fault.
    Raises:
        NotCompact: it is something else.
    """
    if _SEGMENT.fullmatch(segment) is None or len(segment) % 4 == 1:
        raise NotCompact(part)
    plain = segment.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(segment) % 4)
    octets = binascii.a2b_base64(plain)
    if binascii.b2a_base64(octets, newline=False) != plain:
        raise NotCompact(part)
    return octets
