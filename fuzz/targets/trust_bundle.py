"""Bundles of trust domains: a document, a Workload API's message, or certificates one behind the other: read whole or refused.

An input that begins with 0 is a document in SPIFFE's format, with 1 a response with certificates, with 2 one with keys, with 3
a SPIFFE ID, with 4 what stands in a bundle as certificates. `%` is an authority of the domain in base64 in the first, `~` its octets in the last.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from bartizan.app.workload_wire import WireMalformed, read_bundles
from bartizan.crypto.der import sequences
from bartizan.crypto.x509 import usage
from bartizan.identity.spiffe import NotSpiffe, spiffe_id, trust_domain
from bartizan.identity.trust_bundle import (
    FAULTS,
    MOST_KEYS,
    Bundle,
    BundleRefused,
    made,
    read_bundle,
    read_jwks,
    written,
)
from fuzz.target import Target

_DOMAIN = "corp.example"
_KEY = derive_private_key(11, SECP256R1())
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "SPIFFE")])
_AUTHORITY = (
    x509.CertificateBuilder()
    .serial_number(1)
    .not_valid_before(dt.datetime.fromtimestamp(1_700_000_000, dt.UTC))
    .not_valid_after(dt.datetime.fromtimestamp(1_800_000_000, dt.UTC))
    .subject_name(_NAME)
    .issuer_name(_NAME)
    .public_key(_KEY.public_key())
    .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    .add_extension(usage(signs_certificates=True), critical=True)
    .add_extension(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{_DOMAIN}")]), critical=False
    )
    .sign(_KEY, SHA256(), ecdsa_deterministic=True)
    .public_bytes(Encoding.DER)
)
_TEXT = base64.b64encode(_AUTHORITY)


def run(data: bytes) -> str:
    read = _READERS.get(data[:1])
    if read is None:
        return "nothing"
    try:
        return read(data[1:])
    except BundleRefused as fault:
        assert fault.word in FAULTS
        return fault.word
    except (WireMalformed, NotSpiffe):
        return "malformed"


def _document(octets: bytes) -> str:
    octets = octets.replace(b"%", _TEXT)
    found = read_bundle(octets, _DOMAIN)
    plain = json.loads(octets)
    certificates = {each["x5c"][0] for each in plain["keys"] if each.get("use") == "x509-svid"}
    assert {*found.authorities} == {base64.b64decode(each) for each in certificates}
    assert {*found.authorities} <= {_AUTHORITY}  # a stranger to the key of one makes no other
    assert {key["kid"] for key in found.keys} <= {each.get("kid") for each in plain["keys"]}
    assert (found.sequence, found.refresh_hint) == (
        plain.get("spiffe_sequence"),
        plain.get("spiffe_refresh_hint"),
    )
    return _whole(found)


def _certificates(message: bytes) -> str:
    found = {}
    for name, octets in read_bundles(message, 2).items():
        found[trust_domain(name)] = octets
    try:
        listed = sequences(found.get(_DOMAIN, b""))
    except ValueError:
        return "malformed"
    return _whole(made(listed, [], _DOMAIN))


def _keys(message: bytes) -> str:
    bundles = read_bundles(message, 1)
    return _whole(made([], read_jwks(bundles.get(_DOMAIN, b"")), _DOMAIN))


def _whole(found: Bundle) -> str:
    assert len(found.authorities) <= MOST_KEYS
    assert len(found.keys) <= MOST_KEYS
    assert not any(key.keys() & {"d", "p", "q", "k"} for key in found.keys)
    assert read_bundle(written(found), _DOMAIN) == found
    return f"taken {bool(found.authorities)} {min(len(found.keys), 2)}"


def _id(octets: bytes) -> str:
    text = octets.decode("utf-8", "surrogateescape")
    found = spiffe_id(text)
    assert found.uri == text
    assert text.isascii()
    assert found.trust_domain == found.trust_domain.lower()
    assert not {"", ".", ".."} & {*found.path.split("/")[1:]}
    return f"id {bool(found.path)}"


def _der(octets: bytes) -> str:
    octets = octets.replace(b"~", _AUTHORITY)
    try:
        found = sequences(octets)
    except ValueError:
        return "malformed"
    assert b"".join(found) == octets
    return f"sequences {min(len(found), 3)}"


_READERS: dict[bytes, Callable[[bytes], str]] = {
    b"0": _document,
    b"1": _certificates,
    b"2": _keys,
    b"3": _id,
    b"4": _der,
}
_POINT = _KEY.public_key().public_numbers()
_JWK = json.dumps(
    {
        "use": "jwt-svid",
        "kty": "EC",
        "crv": "P-256",
        "kid": "a",
        "x": base64.urlsafe_b64encode(_POINT.x.to_bytes(32)).rstrip(b"=").decode(),
        "y": base64.urlsafe_b64encode(_POINT.y.to_bytes(32)).rstrip(b"=").decode(),
    }
).encode()


def _entry(number: int, content: bytes) -> bytes:
    length = len(content)
    inner = b"\x0a\x0ccorp.example\x12" + bytes([length & 0x7F | 0x80, length >> 7]) + content
    return bytes([number << 3 | 2, len(inner) & 0x7F | 0x80, len(inner) >> 7]) + inner


_BOTH = (
    b'0{"keys":[{"use":"x509-svid","x5c":["%"]},' + _JWK + b'],"spiffe_sequence":7,"spiffe_refresh_hint":60}'
)
TARGET = Target(
    modules=(
        "bartizan.identity.trust_bundle",
        "bartizan.identity.spiffe",
        "bartizan.app.workload_wire",
        "bartizan.crypto.der",
        "bartizan.crypto.svid_chain",
    ),
    run=run,
    seeds=(
        _BOTH,
        _BOTH.replace(b"%", b"!"),
        _BOTH.replace(b"7", b"-7"),
        _BOTH.replace(b'"P-256"', b'"P-999"'),
        _BOTH.replace(b'"x":', b'"d":'),
        b'0{"keys":[]}',
        b'0{"keys":[{"use":"x509-svid","x5c":["%","%"]}]}',
        b"1" + _entry(2, _AUTHORITY),
        b"1" + _entry(2, _AUTHORITY + _AUTHORITY),
        b"1" + _entry(2, _AUTHORITY) * 2,
        b"1\x08\x01" + _entry(2, _AUTHORITY) + b"\x1d0000\x190000000\x00",
        b"2" + _entry(1, b'{"keys":[' + _JWK + b"]}"),
        b"3spiffe://corp.example/ns/a",
        b"3spiffe://corp.example",
        b"3spiffe://corp.example/../a",
        b"4~~",
        b"4\x30\x81\x01a",
    ),
    words=(
        b"%", b"~", b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b'"keys"', b'"use"', b'"x5c"', b'"kid"', b'"kty"', b'"alg"',
        b'"x509-svid"', b'"jwt-svid"', b'"spiffe_sequence"', b'"spiffe_refresh_hint"', b"ES256", b"RSA", b"spiffe://", b"corp.example", b"/..",
        b"\x0a", b"\x12", b"\x80\x01", b"\x30\x82", b"\xff",
    ),
    longest=2048,
)  # fmt: skip
