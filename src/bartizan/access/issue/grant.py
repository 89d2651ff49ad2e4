"""Reading a token request: client credentials and nothing else.

Rules of this file: pure. A request has one reading or none: each parameter once, one way to authenticate,
strict encodings. Errors are RFC 6749's words.
Source: RFC 6749 sections 2.3.1, 4.4 and 5.2; RFC 8707 (invalid_target).
"""

import base64
import binascii
import enum
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from typing_extensions import override

from bartizan.access.issue.mint import AUDIENCES, GATEWAY

MAX_FORM: Final = 4096
"""Longest form that is read, in octets."""
_MOST_FIELDS: Final = 16
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_GRANT: Final = "client_credentials"
_TEXT: Final = 255


class GrantFault(enum.Enum):
    """The error words of RFC 6749 section 5.2 that this endpoint uses."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    SLOW_DOWN = "slow_down"
    """Of RFC 8628: there were too many wrong ones from there."""


class GrantRefused(Exception):
    """A token request that is not granted.

    Attributes:
        error: the word for the client.
        what: a sentence; holds nothing that the client sent.
        wait_s: seconds after which it may be tried again; 0 for no such advice.
    """

    def __init__(self, error: GrantFault, what: str, wait_s: int = 0) -> None:
        """Carry them."""
        super().__init__(f"{error.value}: {what}")
        self.error, self.what = error, what
        self.wait_s = wait_s

    @property
    def reason(self) -> str:
        """Return the word for events."""
        return self.error.value.replace("_", "-")


class TokenRequest(msgspec.Struct, frozen=True):
    """A request that can be granted, if the secret is right.

    Attributes:
        client: `client_id`.
        secret: `client_secret`.
        audience: whom the token is to be for.
        proof: DPoP proof of the key that it is to be bound to, or empty.
        certificate: SHA-256, base64url, of the certificate that it is to be bound to, or empty.
    """

    client: str
    secret: str
    audience: str
    proof: str = ""
    certificate: str = ""

    @override
    def __repr__(self) -> str:
        """Return the audience only."""
        return f"TokenRequest(audience={self.audience})"


def read_grant(media_type: str, authorization: str | None, body: bytes, proof: str = "") -> TokenRequest:
    """Return the token request.

    Args:
        media_type: value of Content-Type.
        authorization: value of Authorization; None where there is none.
        body: the form.
        proof: value of DPoP; empty where there is none.
    Raises:
        GrantRefused: it has no one reading, or asks for what is not given here.
    """
    form = read_form(media_type, body)
    if form.get("grant_type") is None:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "grant_type is missing")
    if form["grant_type"] != _GRANT:
        raise GrantRefused(GrantFault.UNSUPPORTED_GRANT_TYPE, f"only {_GRANT} is supported")
    if form.get("scope"):
        raise GrantRefused(GrantFault.INVALID_SCOPE, "no scopes are defined; leave scope out")
    audience = form.get("audience", GATEWAY)
    if audience not in AUDIENCES or "resource" in form:
        raise GrantRefused(
            GrantFault.INVALID_TARGET, f"audience must be one of {', '.join(sorted(AUDIENCES))}"
        )
    client, secret = _credentials(form, authorization)
    return TokenRequest(client, secret, audience, proof)


def read_form(media_type: str, body: bytes) -> Mapping[str, str]:
    """Return the parameters of a form, each of which stands once.

    Raises:
        GrantRefused: it has no one reading.
    """
    if media_type.partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise GrantRefused(GrantFault.INVALID_REQUEST, f"send the parameters as {_MEDIA_TYPE}")
    if len(body) > MAX_FORM:
        raise GrantRefused(GrantFault.INVALID_REQUEST, f"the form has more than {MAX_FORM} octets")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as fault:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "the form is malformed") from fault
    form = dict(pairs)
    if len(form) != len(pairs):
        raise GrantRefused(GrantFault.INVALID_REQUEST, "a parameter is given twice")
    return form


def _credentials(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    if authorization is not None:
        if "client_secret" in form:
            raise GrantRefused(GrantFault.INVALID_REQUEST, "authenticate in one way: Basic or client_secret")
        client, secret = _basic(authorization)
        if form.get("client_id", client) != client:
            raise GrantRefused(GrantFault.INVALID_REQUEST, "client_id differs from the one in Authorization")
    else:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if not 0 < len(client) <= _TEXT or not 0 < len(secret) <= _TEXT:
        raise GrantRefused(GrantFault.INVALID_CLIENT, "authenticate with client_id and client_secret")
    return client, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    malformed = GrantRefused(GrantFault.INVALID_CLIENT, "Authorization must be Basic with id and secret")
    if scheme.lower() != "basic":
        raise malformed
    try:
        plain = base64.b64decode(encoded, validate=True).decode("utf-8")
        client, colon, secret = plain.partition(":")
        decoded = unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as fault:
        raise malformed from fault
    if not colon:
        raise malformed
    return decoded
