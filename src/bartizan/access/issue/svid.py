"""A workload that asks for a token by its certificate: an assertion that the certificate's key signed.

Rules of this file: the certificate is believed for its signature by this installation's own authority, whatever the gateway
says of the connection. It must name a workload that is configured. An assertion is for this issuer, for a minute at most,
and taken once; none is taken that was made before this memory began, so that a restart forgets nothing that counts.
Nothing is remembered before the signature holds, so that only workloads fill their own share.
Source: RFC 7521, RFC 7523 sections 2.1 and 3; RFC 7515 section 4.1.6 (x5c); X.509-SVID specification.
"""

import base64
import binascii
import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate

from bartizan.access.issue.mint import AUDIENCES, GATEWAY
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Reticent
from bartizan.crypto.svid import Svid, SvidWrong, read_svid
from bartizan.identity.compact import Compact, NotCompact, encoded, read_object, take_apart
from bartizan.identity.token import CLOCK_SKEW
from bartizan.identity.workload import principal_of, spiffe_id

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_S: Final = 60
"""Life of an assertion, at most."""
MOST: Final = 1024
"""Assertions of one workload that are remembered; beyond that it waits until some have expired."""
_LONGEST: Final = 4096
_FIELDS: Final = frozenset({"grant_type", "assertion", "audience"})
_HEADER: Final = frozenset({"typ", "alg", "x5c"})
_HALF: Final = 32
_TEXT: Final = 255


class AssertionWrong(Exception):
    """An assertion that is not accepted; `reason` is its word in events, which its sender is not told."""

    def __init__(self, reason: str) -> None:
        """Carry the word."""
        super().__init__(reason)
        self.reason = reason


class Shown(msgspec.Struct, frozen=True):
    """What a good assertion shows.

    Attributes:
        principal: id of the workload's.
        certificate: SHA-256 of its certificate, base64url, as `cnf.x5t#S256` has it.
    """

    principal: str
    certificate: str


class Request(Reticent, frozen=True):
    """A token request of this grant.

    Attributes:
        assertion: compact JWS.
        audience: whom the token is to be for.
    """

    assertion: str
    audience: str


def read_request(form: Mapping[str, str]) -> Request:
    """Return the request of a form whose `grant_type` is `GRANT`.

    Raises:
        AssertionWrong: it says something else, or nothing.
    """
    audience = form.get("audience", GATEWAY)
    if not form.keys() <= _FIELDS or "assertion" not in form or audience not in AUDIENCES:
        raise AssertionWrong("assertion-malformed")
    return Request(form["assertion"], audience)


class Assertions:
    """What one issuer takes, and has taken.

    Args:
        issuer: its URL.
        authority: of the workloads' certificates.
        workloads: names of those that are configured.
        began: instant at which this memory begins.
    """

    def __init__(
        self, issuer: str, authority: Certificate, workloads: tuple[str, ...], began: Nanoseconds
    ) -> None:
        """Remember nothing yet."""
        self._issuer, self._authority, self._began = issuer, authority, began // SECOND
        self._principals = {principal_of(spiffe_id(name)) for name in workloads}
        self._used: dict[str, deque[tuple[int, bytes]]] = {}

    def take(self, assertion: str, now: Nanoseconds) -> Shown:
        """Return who signed an assertion that is good now, and take it for no other request.

        Raises:
            AssertionWrong: with the word of the first fault.
        """
        if len(assertion) > _LONGEST:
            raise AssertionWrong("assertion-malformed")
        try:
            parts = take_apart(assertion)
            header, claims = read_object(parts.header, "header"), read_object(parts.payload, "payload")
            svid = read_svid(_certificate(header), self._authority, now)
        except NotCompact as fault:
            raise AssertionWrong("assertion-malformed") from fault
        except SvidWrong as fault:
            raise AssertionWrong(fault.reason) from fault
        principal = principal_of(svid.uri)
        if principal is None or principal not in self._principals:
            raise AssertionWrong("workload-unknown")
        self._require_ours(claims, svid)
        ends = self._require_timely(claims, now)
        _require_signed(parts, svid)
        self._require_new(principal, _name(claims), ends, now // SECOND)
        return Shown(principal, encoded(svid.digest))

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


def _certificate(header: Mapping[str, Any]) -> bytes:
    """Return the certificate (DER) of a header that names nothing else to verify by: no key, no address, no chain.

    Raises:
        AssertionWrong: it does.
    """
    chain = header.get("x5c")
    if not {"alg", "x5c"} <= header.keys() <= _HEADER or header["alg"] != "ES256":
        raise AssertionWrong("assertion-malformed")
    if header.get("typ", "JWT") != "JWT" or not isinstance(chain, list) or len(chain) != 1:
        raise AssertionWrong("assertion-malformed")
    try:
        return base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError, TypeError) as fault:
        raise AssertionWrong("assertion-malformed") from fault


def _require_signed(parts: Compact, svid: Svid) -> None:
    r, s = parts.signature[:_HALF], parts.signature[_HALF:]
    if len(s) != _HALF:
        raise AssertionWrong("assertion-forged")
    signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        svid.key.verify(signature, parts.signed, ECDSA(SHA256()))
    except InvalidSignature as fault:
        raise AssertionWrong("assertion-forged") from fault


def _name(claims: Mapping[str, Any]) -> str:
    name = claims.get("jti")
    if not isinstance(name, str) or not 0 < len(name) <= _TEXT or not name.isprintable():
        raise AssertionWrong("assertion-malformed")
    return name
