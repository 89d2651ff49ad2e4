"""Clients that sign, for tests: their keys, and the assertions that they make, honest or not."""

import json
from typing import Any

from joserfc import jwk, jws

from bartizan.clock import SECOND, Nanoseconds
from tests.identity.forge import encode

ISSUER = "https://localhost:8443"
CLIENT = "c-0011223344556677"
START_S = 1_800_000_000
START = Nanoseconds(START_S * SECOND)
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})


def public(key: Any = KEY) -> dict[str, str]:  # noqa: ANN401 - a key of either kind
    """Return the public JWK of a key."""
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def document(*keys: Any) -> bytes:  # noqa: ANN401 - keys of either kind
    """Return a set of public keys, as an owner hands it in."""
    return json.dumps({"keys": [public(key) for key in keys or (KEY,)]}).encode()


def claims(**changed: object) -> dict[str, Any]:
    """Return the claims of an honest assertion, with some changed; None leaves one out."""
    honest = {
        "iss": CLIENT,
        "sub": CLIENT,
        "aud": ISSUER,
        "jti": "one",
        "iat": START_S,
        "exp": START_S + 60,
    }
    return {name: value for name, value in (honest | changed).items() if value is not None}


def assertion(
    said: dict[str, Any] | None = None,
    header: dict[str, Any] | None = None,
    key: Any = KEY,  # noqa: ANN401 - of either kind
    algorithm: str = "ES256",
) -> str:
    """Return an assertion, by default an honest one; signed with the algorithm, whatever the header says."""
    head = {"alg": "ES256", "kid": "one"} if header is None else header
    body = claims() if said is None else said
    signed = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(body).encode())}"
    model = jws.JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
    return f"{signed}.{encode(model.sign(signed.encode(), key))}"
