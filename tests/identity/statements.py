"""A workshop of what devices and authorities sign, with another library than the platform's."""

import json
from typing import Any

from joserfc import jwk, jws

from bartizan.clock import Nanoseconds
from bartizan.identity.device import Authority
from bartizan.identity.statement import ENROLMENT, POSTURE
from tests.identity.forge import ISSUER, START_S

MDM = jwk.OKPKey.generate_key("Ed25519")
DEVICE = jwk.ECKey.generate_key("P-256")


def authority(*, admits: bool = True) -> Authority:
    """Return who speaks of devices."""
    return Authority("mdm", MDM.public_key.public_bytes_raw(), admits)


def thumbprint(key: jwk.ECKey = DEVICE) -> str:
    """Return the thumbprint of a device's key."""
    return str(key.thumbprint())


def signed(kind: str, claims: dict[str, Any], key: jwk.ECKey = DEVICE, **header: Any) -> str:  # noqa: ANN401 - any header
    """Return a statement of a device's key."""
    public = key.as_dict(private=False)
    whole = {"typ": kind, "alg": "ES256", "jwk": {name: public[name] for name in ("kty", "crv", "x", "y")}}
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    return jws.serialize_compact(whole | header, json.dumps(claims).encode(), key, registry=registry)


def asks(key: jwk.ECKey = DEVICE, **changed: object) -> str:
    """Return an enrolment; None leaves a claim out."""
    return signed(ENROLMENT, _said({"aud": ISSUER, "iat": START_S, "name": "laptop"}, changed), key)


def says(posture: object = None, key: jwk.ECKey = DEVICE, **changed: object) -> str:
    """Return what a device says of itself."""
    honest = {"aud": ISSUER, "iat": START_S, "posture": {"firewall": True} if posture is None else posture}
    return signed(POSTURE, _said(honest, changed), key)


def vouches(sub: str = "", key: jwk.OKPKey = MDM, **changed: object) -> str:
    """Return what an authority says of a device."""
    honest = {
        "iss": "mdm",
        "sub": sub or thumbprint(),
        "aud": ISSUER,
        "iat": START_S,
        "posture": {"firewall": True},
    }
    claims = json.dumps(_said(honest, changed)).encode()
    return jws.serialize_compact({"typ": POSTURE, "alg": "Ed25519"}, claims, key, ["Ed25519"])


def at(seconds: int) -> Nanoseconds:
    """Return an instant after the start."""
    return Nanoseconds((START_S + seconds) * 1_000_000_000)


def _said(honest: dict[str, Any], changed: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in (honest | changed).items() if value is not None}
