"""An external issuer for tests: its keys, honest tokens of every kind, and any others."""

import json
from typing import Any

from joserfc import jwk, jws

from bartizan.identity.external import Profile
from bartizan.identity.signal import LOGOUT
from bartizan.identity.state import TrustedIssuer
from bartizan.identity.token import Issuer, pin
from tests.identity.forge import START_S, encode, public

URL = "https://login.example.com"
RESOURCE, CLIENT, RECEIVER = "https://ai.example.com", "app-at-login", "https://ai.example.com/ssf"
KEY = jwk.ECKey.generate_key("P-256", {"kid": "there", "alg": "ES256"})
RSA = jwk.RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS256"})
PROFILE = Profile(
    "login",
    (RESOURCE,),
    claim=("realm_access", "roles"),
    mapped={"engineers": ("caller",), "admins": ("owner", "caller", "auditor")},
    register=True,
)
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"


def keys() -> tuple[dict[str, str], ...]:
    return public(KEY), {name: str(value) for name, value in RSA.as_dict(private=False).items()}


def trusted(profile: Profile = PROFILE) -> TrustedIssuer:
    return TrustedIssuer(URL, ("ES256", "RS256"), keys(), embedded=False, profile=profile)


def issuers(profile: Profile = PROFILE) -> dict[str, Issuer]:
    return {URL: pin(URL, ("ES256", "RS256"), keys(), profile)}


def signed(payload: dict[str, Any], typ: str = "at+jwt", key: jwk.ECKey = KEY, **header: object) -> str:
    """Return a token of this payload; None leaves a claim out."""
    head = json.dumps({"typ": typ, "alg": "ES256", "kid": "there", **header}).encode()
    body = json.dumps({name: value for name, value in payload.items() if value is not None}).encode()
    octets = f"{encode(head)}.{encode(body)}"
    model = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")
    return f"{octets}.{encode(model.sign(octets.encode(), key))}"


def access(**changed: object) -> str:
    """Return an honest access token, with some claims changed."""
    return signed(access_claims(**changed))


def access_claims(**changed: object) -> dict[str, Any]:
    return {
        "iss": URL,
        "aud": RESOURCE,
        "sub": "alice",
        "azp": CLIENT,
        "iat": START_S,
        "exp": START_S + 600,
        "sid": "s1",
        "realm_access": {"roles": ["engineers", "unheard-of"]},
    } | changed


def logout(typ: str = "logout+jwt", key: jwk.ECKey = KEY, kid: str = "there", **changed: object) -> str:
    """Return an honest logout token, with some claims changed."""
    claims = {
        "iss": URL,
        "aud": CLIENT,
        "iat": START_S,
        "exp": START_S + 120,
        "jti": "l1",
        "sub": "alice",
        "sid": "s1",
        "events": {LOGOUT: {}},
    }
    return signed(claims | changed, typ, key, kid=kid)


def event(
    name: str, typ: str = "secevent+jwt", key: jwk.ECKey = KEY, kid: str = "there", **changed: object
) -> str:
    """Return an honest security event token, with some claims changed."""
    claims = {
        "iss": URL,
        "aud": RECEIVER,
        "iat": START_S,
        "jti": "e1",
        "sub_id": {"format": "iss_sub", "iss": URL, "sub": "alice"},
        "events": {name: {}},
    }
    return signed(claims | changed, typ, key, kid=kid)
