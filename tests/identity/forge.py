"""A token workshop for tests: honest tokens, and any others."""

import base64
import hmac
import json
from typing import Any

from joserfc import jwk, jws

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.token import Issuer, pin

ISSUER = "https://localhost:8443"
AUDIENCE = "bartizan:gateway"
START_S = 1_800_000_000
START = Nanoseconds(START_S * SECOND)
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
STRANGER = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
HEADER = {"typ": "at+jwt", "alg": "ES256", "kid": "one"}


def public(key: jwk.ECKey = KEY) -> dict[str, str]:
    """Return the public JWK of a key."""
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def issuers() -> dict[str, Issuer]:
    """Return the one issuer that is trusted, pinned."""
    return {ISSUER: pin(ISSUER, ["ES256"], [public()])}


def claims(**changed: object) -> dict[str, Any]:
    """Return honest claims, with some changed; None leaves one out."""
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "workload.drill",
        "client_id": "c-0011223344556677",
        "jti": "t-0011223344556677",
        "iat": START_S,
        "exp": START_S + 600,
    }
    return {name: value for name, value in (honest | changed).items() if value is not None}


def encode(octets: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def raw(header: bytes, payload: bytes, key: jwk.ECKey = KEY) -> str:
    """Return a token over these very octets, signed with ES256 whatever the header says."""
    signed = f"{encode(header)}.{encode(payload)}"
    model = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")
    return f"{signed}.{encode(model.sign(signed.encode(), key))}"


def token(
    header: dict[str, Any] = HEADER, payload: dict[str, Any] | None = None, key: jwk.ECKey = KEY
) -> str:
    """Return a token, by default an honest one."""
    body = claims() if payload is None else payload
    return raw(json.dumps(header).encode(), json.dumps(body).encode(), key)


def hmac_token(header: dict[str, Any], secret: bytes) -> str:
    """Return a token with an HMAC-SHA256 in place of the signature."""
    signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(claims()).encode())}"
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), 'sha256'))}"
