"""Compact JWS for targets: made of whatever octets, and read again as plainly as can be."""

import base64
import json
from typing import Any


def encoded(octets: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def compact(parts: bytes) -> str:
    """Return header, payload and signature, a NUL between them, as they travel."""
    return ".".join(map(encoded, parts.split(b"\0")))


def plainly(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of what was taken, as a reader that checks nothing has them.

    It asserts that no other text decodes to the same octets.
    """
    head, body, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    assert ".".join(map(encoded, (head, body, signature))) == token
    return json.loads(head), json.loads(body)
