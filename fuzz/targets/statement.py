"""Statements about devices: one text has one reading, that of a plain reader too, and says no more than its signer may.

An input that begins with 0 is a statement as it stands; any other is header and payload, a NUL between them, still to be
encoded and signed: by the device that `%` is the key of where it begins with 1, else by an authority that may not admit.
"""

import json

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.device import AHEAD, CLAIMS, ITSELF, Authority
from bartizan.identity.statement import YOUNG, Enrolment, Stated, StatementRefused, enrolment, posture
from fuzz.jws import encoded, plainly
from fuzz.target import Target

_NOW, _HERE = Nanoseconds(1_700_000_000 * SECOND), "https://gateway"
_DEVICE, _OFFICE = derive_private_key(7, SECP256R1()), Ed25519PrivateKey.from_private_bytes(bytes(32))
_POINT = _DEVICE.public_key().public_numbers()
_JWK = json.dumps(
    {"kty": "EC", "crv": "P-256", "x": encoded(_POINT.x.to_bytes(32)), "y": encoded(_POINT.y.to_bytes(32))}
).encode()
_AUTHORITIES = {"office": Authority("office", _OFFICE.public_key().public_bytes_raw())}
_REASONS = {
    StatementRefused.MALFORMED,
    StatementRefused.ELSEWHERE,
    StatementRefused.UNTIMELY,
    StatementRefused.FORGED,
    StatementRefused.STRANGER,
}


def run(data: bytes) -> str:
    text = _signed(data[:1], data[1:].replace(b"%", _JWK))
    words = [_enrolled(text), _stated(text)]
    assert words.count("taken") <= 1
    return "+".join(words)


def _signed(kind: bytes, parts: bytes) -> str:
    if kind == b"0":
        return parts.decode("latin-1")
    header, _, payload = parts.partition(b"\0")
    said = f"{encoded(header)}.{encoded(payload)}"
    if kind == b"1":
        r, s = decode_dss_signature(_DEVICE.sign(said.encode(), ECDSA(SHA256())))
        return f"{said}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"
    return f"{said}.{encoded(_OFFICE.sign(said.encode()))}"


def _enrolled(text: str) -> str:
    try:
        found = enrolment(text, _HERE, _NOW)
    except StatementRefused as fault:
        assert fault.reason in _REASONS
        return fault.reason
    assert isinstance(found, Enrolment)
    header, claims = plainly(text)
    assert header["typ"] == "device-enrolment+jwt"
    assert {*header} == {"typ", "alg", "jwk"}
    assert json.loads(found.public).keys() == {"kty", "crv", "x", "y"}
    assert (found.name, found.at // SECOND) == (claims["name"], claims["iat"])
    assert found.name.isascii()
    assert set(found.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    _is_for_here(claims)
    return "taken"


def _stated(text: str) -> str:
    try:
        found = posture(text, _HERE, _AUTHORITIES, _NOW)
    except StatementRefused as fault:
        assert fault.reason in _REASONS
        return fault.reason
    assert isinstance(found, Stated)
    header, claims = plainly(text)
    assert header["typ"] == "device-posture+jwt"
    assert (found.by == ITSELF) == ("jwk" in header)
    assert found.by == claims.get("iss", ITSELF)
    assert found.holds == tuple(name for name in CLAIMS if claims["posture"].get(name) is True)
    assert not found.admit
    assert (found.hardware, found.holder) == (claims.get("hardware", False), claims.get("holder", ""))
    _is_for_here(claims)
    return "taken"


def _is_for_here(claims: dict[str, object]) -> None:
    issued = claims["iat"]
    assert claims["aud"] == _HERE
    assert isinstance(issued, int)
    assert -AHEAD // SECOND <= _NOW // SECOND - issued <= YOUNG // SECOND


_ENROLS = b'1{"typ":"device-enrolment+jwt","alg":"ES256","jwk":%}\0{"aud":"https://gateway","iat":1700000000,"name":"laptop"}'
_CLAIMS = (
    b'1{"typ":"device-posture+jwt","alg":"ES256","jwk":%}\0'
    b'{"aud":"https://gateway","iat":1700000000,"posture":{"firewall":true,"screen_lock":false}}'
)
_VOUCHES = (
    b'2{"typ":"device-posture+jwt","alg":"EdDSA"}\0{"aud":"https://gateway","iat":1700000000,"posture":{"firewall":true},'
    b'"iss":"office","sub":"47mKTaMaEn1L3m5DAz9muidMqw636xxw7EFAK_YnPdg","admit":true,"hardware":true,"holder":"user.ada"}'
)
TARGET = Target(
    modules=("bartizan.identity.statement", "bartizan.identity.compact"),
    run=run,
    seeds=(
        _ENROLS,
        _CLAIMS,
        _VOUCHES,
        b"2" + _ENROLS[1:],
        b"1" + _VOUCHES[1:],
        _VOUCHES.replace(b"office", b"device"),
        _CLAIMS.replace(b"1700000000", b"1600000000"),
        _CLAIMS.replace(b"https://gateway", b"https://elsewhere"),
        _ENROLS.replace(b"laptop", b"../laptop"),
        _ENROLS.replace(b"%", b'{"d":"AA","kty":"EC"}'),
        _VOUCHES.replace(b'"EdDSA"', b"[]"),
        _VOUCHES.replace(b'"office"', b"{}"),
        _CLAIMS.replace(b"1700000000", b"1e999"),
        b"0..",
    ),
    words=(
        b".", b"=", b"\0", b"%", b'"', b"\\u0061", b"\\ud800", b"{", b"}", b",", b":", b"NaN", b"1e9", b"null", b"true", b"false", b"[]",
        b'"typ"', b'"alg"', b'"jwk"', b'"aud"', b'"iat"', b'"name"', b'"posture"', b'"iss"', b'"sub"', b'"admit"', b'"holder"',
        b'"hardware"', b'"disk_encrypted"', b'"secure_boot"', b'"kid"', b'"crit"', b"Ed25519", b"none", b"ES384", b"device", b"user.",
        b"workload.", b"device-enrolment+jwt", b"device-posture+jwt", b"\xff", b"1700000060", b"1699999700",
    ),
)  # fmt: skip
