"""A workload that asks for a token by its certificate: an assertion that the certificate's key signed.

Rules of this file: the certificate is believed for its signature by this installation's own authority, or by those of the
other trust domain that it names, whatever the gateway says of the connection. It must name a workload that is configured.
An assertion is for this issuer, for a minute at most, and taken once; none is taken that was made before this memory began,
so that a restart forgets nothing that counts. Nothing is remembered before the signature holds, so that only workloads fill
their own share.
Source: RFC 7521, RFC 7523 sections 2.1 and 3; RFC 7515 section 4.1.6 (x5c); X.509-SVID specification.
"""

import base64
import binascii
import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from cryptography.x509 import Certificate

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.jwt_svid import ASSERTION_TYPE, JwtSvids, is_jwt_svid
from bartizan.access.issue.mint import AUDIENCES, GATEWAY
from bartizan.access.issue.trusted import TrustDomains
from bartizan.access.issue.workload_assertion import ALGORITHMS, Shown, require_signed
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Reticent
from bartizan.crypto.svid import Svid, SvidWrong, read_svid
from bartizan.crypto.svid_chain import MOST as LONGEST_CHAIN
from bartizan.crypto.svid_chain import named_domain
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.compact import NotCompact, encoded, read_object, take_apart
from bartizan.identity.principal import Kind, principal_id
from bartizan.identity.token import CLOCK_SKEW
from bartizan.identity.workload import spiffe_id

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_S: Final = 60
"""Life of an assertion, at most."""
MOST: Final = 1024
"""Assertions of one workload that are remembered; beyond that it waits until some have expired."""
_LONGEST: Final = 7168
_FIELDS: Final = frozenset({"grant_type", "assertion", "audience"})
_AS_CLIENT: Final = frozenset(
    {"grant_type", "client_assertion_type", "client_assertion", "client_id", "audience"}
)
_HEADER: Final = frozenset({"typ", "alg", "x5c"})
_TEXT: Final = 255


class Request(Reticent, frozen=True):
    """A token request of this grant.

    Attributes:
        assertion: compact JWS.
        audience: whom the token is to be for.
        client: SPIFFE ID that it says to be of, or empty.
        token: whether the assertion is to be a JWT-SVID, and nothing else.
    """

    assertion: str
    audience: str
    client: str = ""
    token: bool = False


def is_workloads(form: Mapping[str, str]) -> bool:
    """Return whether a form asks for a token as a workload does."""
    return form.get("grant_type") == GRANT or form.get("client_assertion_type") == ASSERTION_TYPE


def read_request(form: Mapping[str, str]) -> Request:
    """Return the request of a form that `is_workloads`.

    Raises:
        AssertionWrong: it says something else, or nothing.
    """
    as_client = form.get("client_assertion_type") == ASSERTION_TYPE
    field, known = ("client_assertion", _AS_CLIENT) if as_client else ("assertion", _FIELDS)
    audience = form.get("audience", GATEWAY)
    if not form.keys() <= known or field not in form or audience not in AUDIENCES:
        raise AssertionWrong("assertion-malformed")
    if as_client and form.get("grant_type") != "client_credentials":
        raise AssertionWrong("assertion-malformed")
    return Request(form[field], audience, form.get("client_id", ""), as_client)


class Assertions:
    """What one issuer takes, and has taken.

    Args:
        issuer: its URL.
        authority: of our own workloads' certificates.
        workloads: names of those that are configured.
        began: instant at which this memory begins.
        domains: other trust domains; none where there are none.
        own: our own trust domain.
    """

    def __init__(
        self,
        issuer: str,
        authority: Certificate,
        workloads: tuple[str, ...],
        began: Nanoseconds,
        domains: TrustDomains | None = None,
        *,
        own: str = TRUST_DOMAIN,
    ) -> None:
        """Remember nothing yet."""
        self._issuer, self._authority, self._began = issuer, authority, began // SECOND
        self._domains = TrustDomains() if domains is None else domains
        self._own = own
        self._workloads = {spiffe_id(name, own): principal_id(Kind.WORKLOAD, name) for name in workloads}
        self._used: dict[str, deque[tuple[int, bytes]]] = {}
        self._tokens = JwtSvids(issuer, self._domains, self._began)

    @property
    def methods(self) -> tuple[str, ...]:
        """How a workload may authenticate as a client, as the metadata call it."""
        return ("spiffe_jwt",) if self._domains else ()

    def take(self, assertion: str, now: Nanoseconds, *, token: bool = False) -> Shown:
        """Return who signed an assertion that is good now, and take it for no other request.

        A JWT-SVID is not taken yet: `tie` does that.

        Args:
            assertion: compact JWS.
            now: the instant.
            token: whether it must be a JWT-SVID.
        Raises:
            AssertionWrong: with the word of the first fault.
        """
        if len(assertion) > _LONGEST:
            raise AssertionWrong("assertion-malformed")
        try:
            parts = take_apart(assertion)
            header, claims = read_object(parts.header, "header"), read_object(parts.payload, "payload")
        except NotCompact as fault:
            raise AssertionWrong("assertion-malformed") from fault
        if is_jwt_svid(header):
            return self._tokens.read(parts, header, claims, now)
        if token:
            raise AssertionWrong("assertion-malformed")
        svid, shown = self._svid(header, now)
        self._require_ours(claims, svid)
        ends = self._require_timely(claims, now)
        require_signed(parts, header["alg"], svid.key)
        self._require_new(shown.principal, _name(claims), ends, now // SECOND)
        return shown

    def tie(self, shown: Shown, binding: str, now: Nanoseconds) -> None:
        """Take what was shown for this key or certificate alone, where it is a token.

        Raises:
            AssertionWrong: it is another's.
        """
        if shown.digest:
            self._tokens.tie(shown, binding, now)

    def _svid(self, header: Mapping[str, Any], now: Nanoseconds) -> tuple[Svid, Shown]:
        """Return what the certificate of a header says, and who that is here."""
        chain = _chain(header)
        try:
            domain = named_domain(chain[0])
            if domain not in self._domains:
                return self._own_svid(chain, header["alg"], now)
            svid = self._domains.svid(domain, chain, now)
        except SvidWrong as fault:
            raise AssertionWrong(fault.reason) from fault
        named, configured, name = self._domains.workload(svid.uri)
        principal = principal_id(Kind.WORKLOAD, name)
        return svid, Shown(principal, encoded(svid.digest), named.uri, configured)

    def _own_svid(self, chain: list[bytes], algorithm: str, now: Nanoseconds) -> tuple[Svid, Shown]:
        """Return what a certificate of our own authority says; it comes alone, and signs in one way."""
        if len(chain) != 1 or algorithm != "ES256":
            raise AssertionWrong("assertion-malformed")
        svid = read_svid(chain[0], self._authority, now)
        principal = self._workloads.get(svid.uri)
        if principal is None:
            raise AssertionWrong("workload-unknown")
        return svid, Shown(principal, encoded(svid.digest), svid.uri)

    def _require_ours(self, claims: Mapping[str, Any], svid: Svid) -> None:
        if claims.get("iss") != svid.uri or claims.get("sub") != svid.uri:
            raise AssertionWrong("assertion-of-another")
        if claims.get("aud") not in (self._issuer, [self._issuer]):
            raise AssertionWrong("assertion-elsewhere")

    def _require_timely(self, claims: Mapping[str, Any], now: Nanoseconds) -> int:
        """Return the second of `exp`."""
        second, starts, ends = now // SECOND, claims.get("iat"), claims.get("exp")
        if type(starts) is not int or type(ends) is not int or "nbf" in claims:
            raise AssertionWrong("assertion-malformed")
        timely = second < ends <= starts + LONGEST_S and starts <= second + CLOCK_SKEW // SECOND
        if not timely or starts <= self._began:
            raise AssertionWrong("assertion-untimely")
        return ends

    def _require_new(self, principal: str, name: str, ends: int, second: int) -> None:
        used = self._used.setdefault(principal, deque())
        for _ in range(len(used)):
            kept = used.popleft()
            if kept[0] > second:
                used.append(kept)
        digest = hashlib.sha256(name.encode("utf-8")).digest()
        if any(digest == kept for _, kept in used):
            raise AssertionWrong("assertion-replayed")
        if len(used) >= MOST:
            raise AssertionWrong("assertions-full")
        used.append((ends, digest))


def _chain(header: Mapping[str, Any]) -> list[bytes]:
    """Return the certificates (DER) of a header that names nothing else to verify by: no key, no address.

    Raises:
        AssertionWrong: it does.
    """
    chain = header.get("x5c")
    if not {"alg", "x5c"} <= header.keys() <= _HEADER or header["alg"] not in ALGORITHMS:
        raise AssertionWrong("assertion-malformed")
    if header.get("typ", "JWT") != "JWT" or not isinstance(chain, list):
        raise AssertionWrong("assertion-malformed")
    if not 1 <= len(chain) <= LONGEST_CHAIN:
        raise AssertionWrong("assertion-malformed")
    try:
        return [base64.b64decode(each, validate=True) for each in chain]
    except (binascii.Error, ValueError, TypeError) as fault:
        raise AssertionWrong("assertion-malformed") from fault


def _name(claims: Mapping[str, Any]) -> str:
    name = claims.get("jti")
    if not isinstance(name, str) or not 0 < len(name) <= _TEXT or not name.isprintable():
        raise AssertionWrong("assertion-malformed")
    return name
