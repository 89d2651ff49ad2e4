"""A workload of another trust domain that asks for a token by one of that domain: its JWT-SVID.

Rules of this file: whoever has such a token can show it, and no key of the workload's stands in it. So it is for this issuer
alone, lives ten minutes at most, and is good for the one key or certificate that it was first shown with: who copies it gets
nothing by it. None is taken that was made before this memory began. The algorithm is the key's, the key is one of the
bundle of the domain that `sub` names.
Source: JWT-SVID specification, sections 2 to 4; RFC 7519, RFC 8725 section 3; draft-ietf-oauth-spiffe-client-auth.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.trusted import TrustDomains
from bartizan.access.issue.workload_assertion import Shown
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import Compact
from bartizan.identity.principal import Kind, principal_id
from bartizan.identity.spiffe import NotSpiffe, SpiffeId, spiffe_id
from bartizan.identity.token import CLOCK_SKEW

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"
"""Kind of the client assertion that a JWT-SVID is (draft-ietf-oauth-spiffe-client-auth, section 3.1)."""
LONGEST_S: Final = 600
"""Life of a JWT-SVID, at most; SPIRE gives five minutes."""
MOST: Final = 1024
"""Tokens of one workload that are remembered; beyond that it waits until some have expired."""
_HEADER: Final = frozenset({"typ", "alg", "kid"})
_ORDERS: Final = {
    "ES256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ES384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}
"""Order n of each curve (SP 800-186, section 3.2.1)."""
_TYPES: Final = ("JWT", "JOSE")


class JwtSvids:
    """What one issuer takes, and has taken.

    Args:
        issuer: its URL.
        domains: whose tokens may be shown.
        began: second at which this memory begins.
    """

    def __init__(self, issuer: str, domains: TrustDomains, began: int) -> None:
        """Remember nothing yet."""
        self._issuer, self._domains, self._began = issuer, domains, began
        self._tied: dict[str, dict[bytes, tuple[int, str]]] = {}

    def read(
        self, parts: Compact, header: Mapping[str, Any], claims: Mapping[str, Any], now: Nanoseconds
    ) -> Shown:
        """Return whom a token that is good now names.

        Args:
            parts: it, taken apart.
            header, claims: read.
            now: the instant.
        Raises:
            AssertionWrong: with the word of the first fault.
        """
        _require_plain(header)
        named = _named(claims)
        keys = self._domains.keys(named.trust_domain, now).keys
        if claims.get("aud") not in (self._issuer, [self._issuer]):
            raise AssertionWrong("assertion-elsewhere")
        ends = self._require_timely(claims, now // SECOND)
        key = keys.get(header["kid"])
        if key is None:
            raise AssertionWrong("assertion-key-unknown")
        if key.algorithm != header["alg"] or not key.verifies(parts.signed, parts.signature):
            raise AssertionWrong("assertion-forged")
        _, domain, name = self._domains.workload(named.uri)
        digest = hashlib.sha256(parts.signed + b"." + _one_of_two(parts.signature, key.algorithm)).digest()
        principal, until = principal_id(Kind.WORKLOAD, name), Nanoseconds(ends * SECOND)
        return Shown(principal, "", named.uri, domain, digest, until)

    def tie(self, shown: Shown, binding: str, now: Nanoseconds) -> None:
        """Let a token be good for one key or certificate from now on.

        Args:
            shown: by it.
            binding: thumbprint of that key or certificate; not empty.
            now: the instant.
        Raises:
            AssertionWrong: it is another's already, or there is no room.
        """
        second = now // SECOND
        tied = {
            digest: kept for digest, kept in self._tied.get(shown.principal, {}).items() if kept[0] > second
        }
        self._tied[shown.principal] = tied
        known = tied.get(shown.digest)
        if known is not None and known[1] != binding:
            raise AssertionWrong("assertion-replayed")
        if known is None and len(tied) >= MOST:
            raise AssertionWrong("assertions-full")
        tied[shown.digest] = shown.until // SECOND, binding

    def _require_timely(self, claims: Mapping[str, Any], second: int) -> int:
        """Return the second of `exp`."""
        starts, ends, before = claims.get("iat"), claims.get("exp"), claims.get("nbf", 0)
        if type(starts) is not int or type(ends) is not int or type(before) is not int:
            raise AssertionWrong("assertion-malformed")
        latest = second + CLOCK_SKEW // SECOND
        timely = second < ends <= starts + LONGEST_S and starts <= latest and before <= latest
        if not timely or starts <= self._began:
            raise AssertionWrong("assertion-untimely")
        return ends


def is_jwt_svid(header: Mapping[str, Any]) -> bool:
    """Return whether a header names a key of a trust domain, rather than show a certificate."""
    return "kid" in header and "x5c" not in header


def _one_of_two(signature: bytes, algorithm: str) -> bytes:
    """Return the same octets for both signatures that anybody can make of one: (r, s) and (r, n - s) hold alike."""
    order = _ORDERS.get(algorithm)
    if order is None:
        return signature
    half = len(signature) // 2
    s = int.from_bytes(signature[half:], "big")
    return signature[:half] + min(s, order - s).to_bytes(half, "big")


def _require_plain(header: Mapping[str, Any]) -> None:
    """Refuse a header that brings or points to something to verify by, or that is no JWT-SVID's."""
    if not {"alg", "kid"} <= header.keys() <= _HEADER or header.get("typ", "JWT") not in _TYPES:
        raise AssertionWrong("assertion-malformed")
    if not isinstance(header["kid"], str) or not isinstance(header["alg"], str):
        raise AssertionWrong("assertion-malformed")


def _named(claims: Mapping[str, Any]) -> SpiffeId:
    subject = claims.get("sub")
    try:
        found = spiffe_id(subject if isinstance(subject, str) else "")
    except NotSpiffe as fault:
        raise AssertionWrong("assertion-malformed") from fault
    if not found.path:
        raise AssertionWrong("assertion-malformed")
    return found
