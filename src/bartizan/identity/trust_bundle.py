"""Bundles: whom a trust domain lets certify its workloads, and sign for them.

Rules of this file: pure; a bundle is read whole or refused by a word of `FAULTS`. So many keys and so many octets and no more.
A key that is private, weak or of a kind that nothing here verifies is left out, so that one new kind does not take the
others away; a certificate that is not this domain's own to sign with refuses the bundle.
Source: SPIFFE Trust Domain and Bundle specification, section 4; X.509-SVID specification, sections 3.2 and 5; JWT-SVID
specification, section 3; RFC 7517.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from bartizan.crypto.svid_chain import NotAnAuthority, require_authority
from bartizan.identity.compact import NotCompact, read_object
from bartizan.identity.token import IssuerInvalid, pin

MOST_OCTETS: Final = 256 << 10
"""Of a bundle's document."""
MOST_KEYS: Final = 64
"""Of each kind in one bundle."""
ALGORITHMS: Final = ("ES256", "ES384", "RS256", "PS256")
"""That a key of JWT-SVIDs is pinned to: the one that it names, else the first that fits its kind."""
FAULTS: Final = frozenset({"malformed", "too-large", "authority-refused", "no-keys"})
"""Words for a document that is not taken."""
_FITTING: Final = {("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("RSA", ""): "RS256"}
_PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e", "kid", "alg"})
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_X509, _JWT = "x509-svid", "jwt-svid"
_LATEST: Final = 2**53

Key = dict[str, str]


class BundleRefused(Exception):
    """A bundle that is not taken; `word` says why, in a closed set."""

    def __init__(self, word: str) -> None:
        """Carry the word."""
        super().__init__(word)
        self.word = word


class Bundle(msgspec.Struct, frozen=True):
    """What a trust domain publishes.

    Attributes:
        authorities: certificates of its signing authorities, DER, sorted.
        keys: public JWKs of its JWT-SVIDs, each with `kid` and `alg`, in order of `kid`.
        sequence: grows with each change; None where the source has none.
        refresh_hint: seconds after which to look again; None where the source has none.
    """

    authorities: tuple[bytes, ...] = ()
    keys: tuple[Key, ...] = ()
    sequence: int | None = None
    refresh_hint: int | None = None

    @property
    def contents(self) -> tuple[tuple[bytes, ...], tuple[Key, ...]]:
        """What is believed by it."""
        return self.authorities, self.keys


def read_bundle(octets: bytes, trust_domain: str) -> Bundle:
    """Return the bundle of a document in SPIFFE's format.

    Args:
        octets: JSON.
        trust_domain: whose it is to be.
    Raises:
        BundleRefused: it cannot be taken, or nothing could be believed by it.
    """
    document = _document(octets)
    listed = document.get("keys")
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise BundleRefused("malformed")
    if len(listed) > 2 * MOST_KEYS:
        raise BundleRefused("too-large")
    certificates = [_certificate(key) for key in listed if key.get("use") == _X509]
    found = made(certificates, [key for key in listed if key.get("use") == _JWT], trust_domain)
    sequence, hint = _whole(document, "spiffe_sequence"), _whole(document, "spiffe_refresh_hint")
    return msgspec.structs.replace(found, sequence=sequence, refresh_hint=hint)


def read_jwks(octets: bytes) -> list[dict[str, Any]]:
    """Return the keys of a trust domain's JWK set as the Workload API has it, where `use` may be absent.

    Raises:
        BundleRefused: it is none.
    """
    listed = _document(octets).get("keys")
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise BundleRefused("malformed")
    return [key for key in listed if key.get("use", _JWT) == _JWT]


def made(authorities: Sequence[bytes], keys: Sequence[Mapping[str, Any]], trust_domain: str) -> Bundle:
    """Return the bundle of certificates (DER) and JWKs of one trust domain.

    Raises:
        BundleRefused: a certificate is not this domain's to sign with, there are too many, or nothing is left.
    """
    if len(authorities) > MOST_KEYS or len(keys) > MOST_KEYS:
        raise BundleRefused("too-large")
    try:
        for each in authorities:
            require_authority(each, trust_domain)
    except NotAnAuthority as fault:
        raise BundleRefused("authority-refused") from fault
    by_id: dict[str, Key] = {}
    for key in _pinnable(keys):
        by_id.setdefault(key["kid"], key)
    if not authorities and not by_id:
        raise BundleRefused("no-keys")
    return Bundle(tuple(sorted(set(authorities))), tuple(by_id[kid] for kid in sorted(by_id)))


def written(bundle: Bundle) -> bytes:
    """Return a bundle as a document in SPIFFE's format."""
    keys: list[dict[str, object]] = [
        {"use": _X509, "x5c": [base64.b64encode(each).decode("ascii")]} for each in bundle.authorities
    ]
    keys += [{**key, "use": _JWT} for key in bundle.keys]
    document: dict[str, object] = {"keys": keys}
    if bundle.sequence is not None:
        document["spiffe_sequence"] = bundle.sequence
    if bundle.refresh_hint is not None:
        document["spiffe_refresh_hint"] = bundle.refresh_hint
    return msgspec.json.encode(document)


def _document(octets: bytes) -> dict[str, Any]:
    if len(octets) > MOST_OCTETS:
        raise BundleRefused("too-large")
    try:
        return read_object(octets, "document")
    except NotCompact as fault:
        raise BundleRefused("malformed") from fault


def _certificate(key: Mapping[str, Any]) -> bytes:
    """Return the one certificate of an entry; whatever else it holds is not read, as the format says."""
    chain = key.get("x5c")
    if not isinstance(chain, list) or len(chain) != 1 or not isinstance(chain[0], str):
        raise BundleRefused("malformed")
    try:
        return base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BundleRefused("malformed") from fault


def _pinnable(keys: Sequence[Mapping[str, Any]]) -> Iterator[Key]:
    for key in keys:
        if key.keys() & _SECRET:
            raise BundleRefused("malformed")
        public = {name: value for name, value in key.items() if name in _PUBLIC and isinstance(value, str)}
        public.setdefault("alg", _FITTING.get((public.get("kty", ""), public.get("crv", "")), ""))
        try:
            pin("bundle", ALGORITHMS, (public,))
        except IssuerInvalid:
            continue
        yield public


def _whole(document: Mapping[str, Any], name: str) -> int | None:
    value = document.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value < _LATEST:
        raise BundleRefused("malformed")
    return value


def require_newer(known: Bundle | None, new: Bundle) -> None:
    """Return if a bundle may take the place of another one of the same source.

    Args:
        known: the one that counts; None where there is none.
        new: what the source says now.
    Raises:
        BundleRefused: it is an older one, or another under the same number.
    Source: SPIFFE Trust Domain and Bundle specification, section 4.1.1.
    """
    if known is None or known.sequence is None:
        return
    if new.sequence is None or new.sequence < known.sequence:
        raise BundleRefused("sequence-went-back")
    if new.sequence == known.sequence and new.contents != known.contents:
        raise BundleRefused("sequence-repeated")
