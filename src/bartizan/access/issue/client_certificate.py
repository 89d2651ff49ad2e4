"""Clients that are known by the certificate of their connection: what the owner hands in, and whose one that was shown is.

Rules of this file: that a connection showed a certificate is a worker's word, and a worker is assumed to fall. So its word
gets no more than a token that is bound to that very certificate, for services behind this gateway alone, of which
nothing is exchanged: whoever lies gets what only a worker that lies would take. A certificate is compared whole, by its
digest; who issued it says nothing.
Source: RFC 8705 sections 2.2 and 3; docs/decisions/0045.
"""

import hashlib
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection, select

from bartizan.access.errors import ClientKeyRefused
from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.mint import CONTROL
from bartizan.access.tables import CLIENT_KEY
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import encoded
from bartizan.identity.principal import Principal

METHOD: Final = "self_signed_tls_client_auth"
"""How metadata call it: by the certificate itself, whoever issued it."""
MOST: Final = 4
"""Certificates of one client: enough to bring a new one in before the old one goes."""
_BEGINS: Final = b"-----BEGIN CERTIFICATE-----"
_DIGEST, _UNTIL = "x5t#S256", "until"


def holds_certificates(document: bytes) -> bool:
    """Return whether a document of a client's keys is one of certificates."""
    return document.lstrip().startswith(_BEGINS)


def read_certificates(pem: bytes) -> tuple[dict[str, str], ...]:
    """Return what is kept of certificates: the digest of each, and until when it is good, in seconds.

    Args:
        pem: 1 to `MOST` certificates, and nothing else.
    Raises:
        ClientKeyRefused: it is not.
    """
    if pem.count(b"-----BEGIN ") != pem.count(_BEGINS):
        raise ClientKeyRefused("the file has something else than certificates in it: hand in these alone")
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as fault:
        raise ClientKeyRefused("the file holds no certificate that can be read") from fault
    if len(found) > MOST:
        raise ClientKeyRefused(f"between 1 and {MOST} certificates are needed, each a client's own")
    return tuple(
        {
            "kid": (digest := encoded(hashlib.sha256(each.public_bytes(Encoding.DER)).digest())),
            _DIGEST: digest,
            _UNTIL: str(int(each.not_valid_after_utc.timestamp())),
        }
        for each in found
    )


def certified(connection: Connection, client: str, now: Nanoseconds | None = None) -> frozenset[str]:
    """Return the digests of a client's certificates; none where it shows who it is in another way, or is unknown.

    Args:
        connection: of a transaction.
        client: its `client_id`.
        now: instant at which they must be good; None for all.
    """
    rows = connection.execute(select(CLIENT_KEY.c.jwk).where(CLIENT_KEY.c.client == client))
    kept = [msgspec.json.decode(row.jwk, type=dict[str, str]) for row in rows]
    return frozenset(
        each[_DIGEST]
        for each in kept
        if _DIGEST in each and (now is None or now < int(each[_UNTIL]) * SECOND)
    )


def require_no_more(client: Principal, audience: str, proof: str) -> None:
    """Refuse a client that is known by its certificate what a worker's word is not enough for.

    Args:
        client: which.
        audience: of the token that it asks for.
        proof: that it sent, or empty.
    Raises:
        GrantRefused: the token would be for the platform's own interface, or bound to something else.
    """
    if audience == CONTROL:
        what = "a certificate gets tokens for services alone; register a key to sign with: `bartizan identity key`"
        raise GrantRefused(
            GrantFault.INVALID_TARGET, what, "certificate-too-little", principal=client.pseudonym
        )
    if proof:
        what = "a token that a certificate gets is bound to that; send no DPoP proof"
        raise GrantRefused(
            GrantFault.INVALID_DPOP_PROOF, what, "certificate-and-proof", principal=client.pseudonym
        )
