"""An authenticator in software, which lies as it is told; it shares no code with the platform."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64


def text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(said: str) -> bytes:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


class Soft:
    """One passkey."""

    def __init__(self, origin: str) -> None:
        self.key, self.id, self.count = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16), 0
        self.origin, self.rp, self.flags, self.handle = origin, "localhost", UP | UV, b""
        self.more: dict[str, Any] = {}

    def create(self, options: str, fmt: str = "none") -> str:
        """Return the answer to `to_enrol`."""
        asked = json.loads(options)
        self.handle = octets(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        told = cbor2.dumps({"fmt": fmt, "attStmt": {}, "authData": self._data(AT) + attested})
        return self._answer(self._client("webauthn.create", asked["challenge"]), attestationObject=text(told))

    def get(self, options: str, challenge: str = "") -> str:
        """Return the answer to `to_assert`."""
        client = self._client("webauthn.get", challenge or json.loads(options)["challenge"])
        self.count += 1
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            client,
            authenticatorData=text(data),
            signature=text(signature),
            userHandle=text(self.handle),
        )

    def _data(self, flags: int) -> bytes:
        head = hashlib.sha256(self.rp.encode()).digest() + bytes([self.flags | flags])
        return head + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin} | self.more).encode()

    def _answer(self, client: bytes, **response: str) -> str:
        said = {"clientDataJSON": text(client)} | response
        return json.dumps(
            {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": said}
        )
