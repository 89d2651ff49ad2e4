"""A passkey in software, for a person of the drill's own: without one nobody is asked for consent.

Rules of this file: it does what an honest authenticator does, and no more. Its key lives as long as the attack.
Source: WebAuthn level 3, sections 6.1, 6.5.1 and 8.7; RFC 9052 and RFC 9053 for the key.
"""

import base64
import hashlib
import html
import json
import re
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

_OPTIONS: Final = re.compile(r'data-options="([^"]+)"')
_PRESENT, _VERIFIED, _ATTESTED = 1, 4, 64
_NO_ATTESTATION: Final = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"
"""CBOR: a map of three members, the last one's value left out."""


def new_passkey(page: bytes, origin: str) -> str:
    """Return the credential with which a browser answers a page that asks for a new passkey; empty where it asks for none.

    Args:
        page: HTML, as it was answered.
        origin: where it is.
    """
    asks = _OPTIONS.search(page.decode(errors="replace"))
    if asks is None:
        return ""
    options = json.loads(html.unescape(asks[1]))
    name = secrets.token_bytes(16)
    site = hashlib.sha256(str(options["rp"]["id"]).encode()).digest()
    flags = bytes([_PRESENT | _VERIFIED | _ATTESTED])
    data = site + flags + bytes(4) + bytes(16) + len(name).to_bytes(2, "big") + name + _public_key()
    client = {"type": "webauthn.create", "challenge": options["challenge"], "origin": origin}
    response = {
        "clientDataJSON": _text(json.dumps(client).encode()),
        "attestationObject": _text(_NO_ATTESTATION + b"\x58" + bytes([len(data)]) + data),
    }
    said = {"id": _text(name), "rawId": _text(name), "type": "public-key", "response": response}
    return json.dumps(said)


def _public_key() -> bytes:
    """Return a new P-256 key as COSE has it: kty EC2, alg ES256, crv P-256, x, y."""
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
