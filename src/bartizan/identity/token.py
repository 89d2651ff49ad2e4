"""Verifying an access token: RFC 9068 `at+jwt` in compact form, signed by a pinned issuer's pinned key.

Rules of this file: what decides is decided before the signature is looked at, cheapest first, and every
fault has a name and a `reason` of a closed set. The header may hold `typ`, `alg` and `kid` and nothing else
(of an external issuer also what names a certificate, which is not read), so no key, address of a key or extension
that a stranger puts there is ever read. The algorithm is a property
of the pinned key, never of the token. Encodings are canonical and JSON keys unique, so one token has one
reading.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from joserfc import jwk, jws
from joserfc.errors import JoseError

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Reticent
from bartizan.identity.claim import Actor, actors, confirmed, instant, parents, text
from bartizan.identity.claim import audience as read_audience
from bartizan.identity.compact import Compact, NotCompact, read_object, take_apart
from bartizan.identity.external import TOLERATED, Profile, Said, said
from bartizan.identity.refusal import (
    LONGEST_LIFE,
    MAX_TOKEN,
    AlgorithmRefused,
    AudienceWrong,
    ClaimMissing,
    IssuerUnknown,
    KeyUnknown,
    SignatureInvalid,
    TokenExpired,
    TokenHeaderRefused,
    TokenLivesTooLong,
    TokenMalformed,
    TokenMissing,
    TokenNotYetValid,
    TokenRefused,
    TokenTooLarge,
)
from bartizan.identity.spiffe import NotSpiffe, SpiffeId, spiffe_id
from bartizan.identity.verified import UNVERIFIED, Verified, verified

CLOCK_SKEW: Final = Nanoseconds(5 * SECOND)
"""How far `iat` and `nbf` may lie ahead of our clock; `exp` has no leeway."""
ALGORITHMS: Final = frozenset({"ES256", "ES384", "PS256", "RS256"})
"""Signatures an issuer may be pinned to; `none` and shared-key algorithms cannot be."""
OF_ONE: Final = ":"
"""What stands in an audience between our own and the name of the one service that a token is good for."""
_LEAST_RSA: Final = 2048
_HEADER: Final = frozenset({"typ", "alg", "kid"})
_TYPE: Final = "at+jwt"


class IssuerInvalid(ValueError):
    """An issuer that cannot be pinned: its keys or algorithms are not acceptable."""

    def __init__(self, url: str, fault: str) -> None:
        """Name the issuer and the fault."""
        super().__init__(f"issuer {url}: {fault}")
        self.url, self.fault = url, fault


class PinnedKey(msgspec.Struct, frozen=True):
    """One public key of an issuer, with the one algorithm that it may be used with.

    Attributes:
        algorithm: a word of `ALGORITHMS`.
        verifies: (signed octets, signature octets) -> whether the signature is this key's.
    """

    algorithm: str
    verifies: Callable[[bytes, bytes], bool]


class Issuer(msgspec.Struct, frozen=True):
    """Who may sign tokens, by the exact string of `iss`, and with which keys, by `kid`.

    Attributes:
        url: `iss`.
        keys: by `kid`.
        profile: how its tokens are read; None for our own authorization server.
    """

    url: str
    keys: Mapping[str, PinnedKey]
    profile: Profile | None = None


class Claims(msgspec.Struct, frozen=True):
    """What a verified token says.

    Attributes:
        issuer, subject, client: `iss`, `sub`, `client_id`.
        audience: `aud`, as a tuple.
        id: `jti`.
        issued, expires: instants, UTC nanoseconds.
        key: SHA-256 thumbprint (RFC 7638) of the key that whoever shows it must prove to hold, or empty.
        certificate: SHA-256, base64url, of the certificate that it must be shown over, or empty.
        service: name of the one service that it is good for, or empty: its audience names that one below ours.
        registration: which registration of its subject it is of, where it is another's client that holds it; or empty.
        family: of tokens that came of the same consent, or empty.
        actors: who acts for the subject by an exchange of tokens, whoever acts now first.
        parents: ids of the tokens that it was exchanged for.
        verified: how the person was, whose sign-in it comes of; only our own issuer says so.
        session: `sid` of an external issuer's token, or empty.
        roles: of ours that an external issuer's claims mean, sorted.
        spiffe: SPIFFE ID that the workload showed, whose token it is; None where none was. Only our own issuer says so.
        external: whether an external issuer signed it, whose `sub` is no id of ours.
    """

    issuer: str
    subject: str
    client: str
    audience: tuple[str, ...]
    id: str
    issued: Nanoseconds
    expires: Nanoseconds
    key: str = ""
    certificate: str = ""
    service: str = ""
    registration: str = ""
    family: str = ""
    actors: tuple[Actor, ...] = ()
    parents: tuple[str, ...] = ()
    verified: Verified = UNVERIFIED
    session: str = ""
    roles: tuple[str, ...] = ()
    spiffe: SpiffeId | None = None
    external: bool = False


class Opened(Reticent, frozen=True):
    """A signed token that a pinned issuer is named in; nothing of it is verified before `check_signature`."""

    issuer: Issuer
    payload: dict[str, Any]
    key: PinnedKey
    parts: Compact

    def check_signature(self) -> None:
        """Return where the issuer's key signed it.

        Raises:
            SignatureInvalid: it did not.
        """
        _check_signature(self.key, self.parts.signed, self.parts.signature)


def pin(
    url: str,
    algorithms: Iterable[str],
    keys: Iterable[Mapping[str, str]],
    profile: Profile | None = None,
) -> Issuer:
    """Return an issuer with its public keys.

    Args:
        url: the exact value of `iss`.
        algorithms: the issuer's allow-list, words of `ALGORITHMS`.
        keys: public JWKs (RFC 7517), each with `kid` and `alg`.
        profile: of an external issuer.
    Raises:
        IssuerInvalid: an algorithm that nobody may use, a private or weak key, one without id or algorithm.
    """
    allowed = frozenset(algorithms)
    if not allowed or not allowed <= ALGORITHMS:
        raise IssuerInvalid(url, f"algorithms must be among {', '.join(sorted(ALGORITHMS))}")
    pinned: dict[str, PinnedKey] = {}
    for key in keys:
        kid, algorithm = key.get("kid", ""), key.get("alg", "")
        if not kid or kid in pinned:
            raise IssuerInvalid(url, "every key needs a kid of its own")
        if algorithm not in allowed:
            raise IssuerInvalid(url, "a key's alg is not in the issuer's allow-list")
        pinned[kid] = PinnedKey(algorithm, _verifier(url, algorithm, key))
    return Issuer(url, pinned, profile)


def verify(token: str, issuers: Mapping[str, Issuer], audience: str, now: Nanoseconds) -> Claims:
    """Return the claims of a token that a pinned issuer signed for this audience and that is valid now.

    Args:
        token: compact JWS, without the scheme.
        issuers: by the exact string of `iss`.
        audience: what `aud` must be or contain.
        now: the instant of the request.
    Raises:
        TokenRefused: one of its subclasses, for the first fault in the order of this function.
    Source: RFC 7515, RFC 7519, RFC 9068; RFC 8725 (best practices) section 3.
    """
    opened = open_signed(token, issuers, _types)
    claims = _meant(_read_claims(opened.payload, opened.issuer, token), audience, opened.issuer.profile)
    _check_time(claims, opened.payload.get("nbf"), now)
    opened.check_signature()
    return claims


def open_signed(
    token: str, issuers: Mapping[str, Issuer], types: Callable[[Issuer], Iterable[str]]
) -> Opened:
    """Return a token taken apart, with the key that must have signed it.

    Args:
        token: compact JWS.
        issuers: by the exact string of `iss`.
        types: values of `typ` that an issuer's tokens of this kind may have, in lower case.
    Raises:
        TokenRefused: one of its subclasses.
    """
    parts = _take_apart(token)
    header = _read_header(parts.header)
    payload = _read_json(parts.payload, "payload")
    issuer = issuers.get(text(payload, "iss"))
    if issuer is None:
        raise IssuerUnknown
    _require_plain(header, issuer)
    if header["typ"].lower().removeprefix("application/") not in types(issuer):
        raise TokenHeaderRefused
    return Opened(issuer, payload, _choose_key(header, issuer), parts)


def claimed_client(token: str) -> str:
    """Return the `client_id` that a token claims, unverified, or nothing: nobody is let in by it.

    Args:
        token: compact JWS, as it was sent.
    """
    try:
        return text(_read_json(_take_apart(token).payload, "payload"), "client_id")
    except TokenRefused:
        return ""


def _verifier(url: str, algorithm: str, key: Mapping[str, str]) -> Callable[[bytes, bytes], bool]:
    model = jws.JWSRegistry(algorithms=[algorithm]).get_alg(algorithm)
    try:
        public = jwk.import_key(dict(key))
        model.check_key(public)
    except (JoseError, ValueError, TypeError, KeyError) as fault:
        raise IssuerInvalid(url, "a key cannot be read or is of another kind than its alg") from fault
    if public.is_private:
        raise IssuerInvalid(url, "a key is private; give the public half only")
    if isinstance(public, jwk.RSAKey) and public.public_key.key_size < _LEAST_RSA:
        raise IssuerInvalid(url, f"an RSA key has fewer than {_LEAST_RSA} bits")

    def verifies(signed: bytes, signature: bytes) -> bool:
        return bool(model.verify(signed, signature, public))

    return verifies


def _take_apart(token: str) -> Compact:
    if not token:
        raise TokenMissing
    if len(token) > MAX_TOKEN:
        raise TokenTooLarge(len(token))
    try:
        return take_apart(token)
    except NotCompact as fault:
        raise TokenMalformed(fault.part) from fault


def _read_json(octets: bytes, part: str) -> dict[str, Any]:
    try:
        return read_object(octets, part)
    except NotCompact as fault:
        raise TokenMalformed(part) from fault


def _read_header(octets: bytes) -> dict[str, Any]:
    header = _read_json(octets, "header")
    if header.keys() - TOLERATED != _HEADER or not all(isinstance(value, str) for value in header.values()):
        raise TokenHeaderRefused
    return header


def _require_plain(header: Mapping[str, Any], issuer: Issuer) -> None:
    """Refuse of our own issuer what is tolerated of others."""
    if issuer.profile is None and header.keys() != _HEADER:
        raise TokenHeaderRefused


def _types(issuer: Issuer) -> Iterable[str]:
    return (_TYPE,) if issuer.profile is None else issuer.profile.types


def _choose_key(header: Mapping[str, str], issuer: Issuer) -> PinnedKey:
    key = issuer.keys.get(header["kid"])
    if key is None:
        raise KeyUnknown(issuer.url)
    if header["alg"] != key.algorithm:
        raise AlgorithmRefused
    return key


def _read_claims(payload: Mapping[str, object], issuer: Issuer, token: str) -> Claims:
    subject, profile = text(payload, "sub"), issuer.profile
    if profile is None:
        own = Said(text(payload, "client_id"), text(payload, "jti"), "", ())
    else:
        own = said(payload, profile, token)
    return Claims(
        issuer=issuer.url,
        subject=subject,
        client=own.client,
        audience=read_audience(payload.get("aud")),
        id=own.id,
        issued=instant(payload, "iat"),
        expires=instant(payload, "exp"),
        session=own.session,
        roles=own.roles,
        external=profile is not None,
        **({**_lent(payload), **confirmed(payload)} if profile is None else confirmed(payload)),
    )


def _lent(payload: Mapping[str, object]) -> dict[str, Any]:
    """Return what our own issuer says of a token that another's client holds; nobody else can."""
    said: dict[str, Any] = {
        claim: text(payload, claim) for claim in ("registration", "family") if claim in payload
    }
    more = {"verified": verified(payload), "spiffe": _spiffe(payload)}
    return {**said, "actors": actors(payload), "parents": parents(payload), **more}


def _spiffe(payload: Mapping[str, object]) -> SpiffeId | None:
    if "spiffe_id" not in payload:
        return None
    try:
        return spiffe_id(str(payload["spiffe_id"]))
    except NotSpiffe as fault:
        raise ClaimMissing("spiffe_id") from fault


def _meant(claims: Claims, wanted: str, profile: Profile | None) -> Claims:
    """Return claims that are meant for us, with the service where our own issuer names one below that.

    An external issuer's audience is one of those that it was configured with, to the letter.
    """
    audiences = (wanted,) if profile is None else profile.audiences
    if any(each in claims.audience for each in audiences):
        return claims
    below = [
        each.removeprefix(wanted + OF_ONE)
        for each in claims.audience
        if profile is None and each.startswith(wanted + OF_ONE)
    ]
    if len(below) != 1 or not below[0]:
        raise AudienceWrong(" or ".join(audiences))
    return msgspec.structs.replace(claims, service=below[0])


def _check_time(claims: Claims, not_before: object, now: Nanoseconds) -> None:
    if not 0 < claims.expires - claims.issued <= LONGEST_LIFE:
        raise TokenLivesTooLong
    if now >= claims.expires:
        raise TokenExpired(by=Nanoseconds(now - claims.expires))
    starts = claims.issued
    if not_before is not None:
        starts = max(starts, instant({"nbf": not_before}, "nbf"))
    if starts - now > CLOCK_SKEW:
        raise TokenNotYetValid(by=Nanoseconds(starts - now))


def _check_signature(key: PinnedKey, signed: bytes, signature: bytes) -> None:
    if not key.verifies(signed, signature):
        raise SignatureInvalid
