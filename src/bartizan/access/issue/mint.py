"""Making access tokens: RFC 9068, ES256, ten minutes, no roles inside."""

import secrets
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwk, jws
from joserfc.errors import JoseError
from typing_extensions import override

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.claim import Actor
from bartizan.identity.principal import Principal, registration
from bartizan.identity.pseudonym import Random
from bartizan.identity.pseudonym import mint as mint_pseudonym
from bartizan.identity.state import TrustedIssuer
from bartizan.identity.token import OF_ONE

ALGORITHM: Final = "ES256"
"""What the embedded issuer signs with, and nothing else."""
LIFETIME_S: Final = 600
"""Life of a token, seconds; it may be shorter, never longer."""
GATEWAY: Final = "bartizan:gateway"
CONTROL: Final = "bartizan:control"
AUDIENCES: Final = frozenset({GATEWAY, CONTROL})
"""Whom tokens of the embedded issuer may be for."""


class TokenKeyUnusable(ValueError):
    """A signing key that is not a P-256 private key."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the token key is not a P-256 private key in PEM; move keys/token.pem away")


class Lent(msgspec.Struct, frozen=True):
    """On what terms an application holds a token of a person.

    Attributes:
        client: `client_id` of the application.
        family: that the token is of, or empty.
        since: when the person proved who it is, UTC nanoseconds; 0 where that is not known.
        acr: how, or empty.
        actors: who acts for the person by an exchange of tokens, whoever acts now first.
        parents: ids of the tokens that it is exchanged for, the nearest first.
        agent: pseudonym of whoever acts now by an exchange, for the record.
    """

    client: str
    family: str
    since: Nanoseconds
    acr: str = ""
    actors: tuple[Actor, ...] = ()
    parents: tuple[str, ...] = ()
    agent: str = ""


class Issued(msgspec.Struct, frozen=True):
    """A new token.

    Attributes:
        token: compact JWS; a secret.
        id: its `jti`, `t-` and 16 hexadecimal digits.
        seconds: its life.
        expires: instant, UTC nanoseconds.
        bound: whether it is bound to a key.
        refresh: token that another can be had with, or empty; a secret.
        kind: of the token, where its client has to be told (RFC 8693 section 2.2.1); or empty.
    """

    token: str
    id: str
    seconds: int
    expires: Nanoseconds
    bound: bool = False
    refresh: str = ""
    kind: str = ""

    @override
    def __repr__(self) -> str:
        """Return the id only."""
        return f"Issued({self.id!r}, …)"


class Bound(msgspec.Struct, frozen=True):
    """What a token is to be bound to: a key rather than a certificate, where there are both.

    Attributes:
        key: thumbprint (RFC 7638), or empty.
        certificate: SHA-256, base64url, or empty.
    """

    key: str = ""
    certificate: str = ""

    @property
    def word(self) -> str:
        """Return what the record says of it."""
        return "key" if self.key else "certificate" if self.certificate else "none"


UNBOUND: Final = Bound()


class SpiffeShown(msgspec.Struct, frozen=True):
    """The SPIFFE ID that a workload showed for a token.

    Attributes:
        uri: it; empty where none was.
        domain: configured name of its trust domain, for the record; empty for our own.
    """

    uri: str = ""
    domain: str = ""


NO_SPIFFE: Final = SpiffeShown()


class Signer:
    """The embedded issuer's key: signs tokens, shows its public half.

    Attributes:
        url: the issuer, as `iss` says it.
        kid: thumbprint of the key that signs.
        beside: public JWKs that are published with it: the one that signs next, those that no longer do.
    """

    __slots__ = ("_key", "beside", "kid", "url")

    def __init__(self, url: str, pem: Secret) -> None:
        """Take the key.

        Args:
            url: the issuer, as `iss` says it.
            pem: PKCS #8.
        Raises:
            TokenKeyUnusable: not a P-256 private key.
        """
        self.url = url
        self.beside: tuple[dict[str, str], ...] = ()
        self.take(pem)

    def take(self, pem: Secret) -> None:
        """Sign with this key from now on; raises as the making."""
        try:
            key = jwk.ECKey.import_key(pem.reveal())
        except (JoseError, ValueError, TypeError) as fault:
            raise TokenKeyUnusable from fault
        if not key.is_private or key.curve_name != "P-256":
            raise TokenKeyUnusable
        self._key, self.kid = key, key.thumbprint()

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a compact JWS over the claims, of the type of an access token."""
        header = {"typ": "at+jwt", "alg": ALGORITHM, "kid": self.kid}
        return jws.serialize_compact(header, msgspec.json.encode(claims), self._key, [ALGORITHM])

    @property
    def public(self) -> dict[str, str]:
        """Return the public JWK (RFC 7517)."""
        key = self._key.as_dict(private=False)
        shown = {name: str(key[name]) for name in ("kty", "crv", "x", "y")}
        return {**shown, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    @property
    def published(self) -> tuple[dict[str, str], ...]:
        """Return every public JWK that tokens of this issuer may name, in order of `kid`."""
        return tuple(sorted((self.public, *self.beside), key=lambda key: key["kid"]))

    @property
    def trusted(self) -> TrustedIssuer:
        """Return this issuer as workers are to pin it."""
        return TrustedIssuer(self.url, (ALGORITHM,), self.published, embedded=True)


def new_key() -> Secret:
    """Return a new P-256 private key, PKCS #8 in PEM."""
    key = generate_private_key(SECP256R1())
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def mint(  # noqa: PLR0913 - everything that a token says
    signer: Signer,
    principal: Principal,
    audience: str,
    seconds: int,
    now: Nanoseconds,
    random: Random = secrets.token_bytes,
    *,
    bound: Bound = UNBOUND,
    lent: Lent | None = None,
    spiffe: str = "",
) -> Issued:
    """Return a new token of this principal.

    Args:
        signer: the issuer.
        principal: for whom.
        audience: a word of `AUDIENCES`, or that of one service.
        seconds: life, 1 to `LIFETIME_S`.
        now: the instant of issue; rounded down to whole seconds.
        random: source of the id.
        bound: what it is bound to.
        lent: where an application holds it for the principal.
        spiffe: SPIFFE ID that a workload showed, or empty.
    Raises:
        ValueError: another audience or life.
    """
    known = audience in AUDIENCES or audience.startswith(GATEWAY + OF_ONE)
    if not known or not 1 <= seconds <= LIFETIME_S:
        raise ValueError("a token is for one of AUDIENCES and lives from 1 s to LIFETIME_S")
    issued = now // SECOND
    token = mint_pseudonym("t", random)
    claims: dict[str, Any] = {
        "iss": signer.url,
        "aud": audience,
        "sub": principal.id,
        "client_id": principal.client,
        "jti": token,
        "iat": issued,
        "exp": issued + seconds,
    }
    if bound != UNBOUND:
        claims["cnf"] = {"jkt": bound.key} if bound.key else {"x5t#S256": bound.certificate}
    if lent is not None:
        claims |= _terms(principal, lent)
    if spiffe:
        claims["spiffe_id"] = spiffe
    expires = Nanoseconds((issued + seconds) * SECOND)
    return Issued(signer.sign(claims), token, seconds, expires, bound=bool(bound.key))


def _terms(principal: Principal, lent: Lent) -> dict[str, Any]:
    """Return the claims of a token that another's client holds.

    Source: RFC 9068 section 2.2.1 for `auth_time` and `acr`; RFC 8693 section 4.1 for `act`.
    """
    claims: dict[str, Any] = {
        "family": lent.family,
        "auth_time": lent.since // SECOND,
        "acr": lent.acr,
        "act": _chain(lent.actors),
        "parents": lent.parents,
    }
    known = {name: value for name, value in claims.items() if value}
    return {"client_id": lent.client, "registration": registration(principal.client), **known}


def _chain(actors: tuple[Actor, ...]) -> dict[str, Any]:
    chain: dict[str, Any] = {}
    for principal, registered in reversed(actors):
        before = {"act": chain} if chain else {}
        chain = {"sub": principal, "registration": registered, **before}
    return chain
