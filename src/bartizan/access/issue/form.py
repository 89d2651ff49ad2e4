"""Reading the form of an endpoint of the authorization server, and how its client shows who it is.

Rules of this file: pure. A form has one reading or none: each parameter once, one way to authenticate, strict
encodings. Errors are the words of OAuth's documents.
Source: RFC 6749 sections 2.3.1, 3.2 and 5.2; RFC 7523 section 2.2.
"""

import base64
import binascii
import enum
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from typing_extensions import override

MAX_FORM: Final = 8192
"""Longest form that is read, in octets."""
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The one kind of assertion that a client may show (RFC 7523 section 2.2)."""
_MOST_FIELDS: Final = 24
_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_TEXT: Final = 255


class GrantFault(enum.Enum):
    """The error words that these endpoints use; RFC 6749 section 5.2, RFC 8707, RFC 9449, RFC 6749 section 4.1.2.1, RFC 8628."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    SLOW_DOWN = "slow_down"
    """Of RFC 8628: a device asked too early; with `wait_s`, there were too many wrong credentials from there."""
    AUTHORIZATION_PENDING = "authorization_pending"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a word
    ACCESS_DENIED = "access_denied"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"
    """Of OpenID Connect: nobody signs in here as it is asked for."""


class GrantRefused(Exception):
    """A request that is not granted.

    Attributes:
        error: the word for the client.
        what: a sentence; holds nothing that the client sent.
        reason: the word for events; the client's, unless it may know less than the record.
        wait_s: seconds after which it may be tried again; 0 for no such advice.
        principal: pseudonym of whose client it was, for the record; empty where nobody knows.
    """

    def __init__(
        self, error: GrantFault, what: str, reason: str = "", *, wait_s: int = 0, principal: str = ""
    ) -> None:
        """Carry them."""
        super().__init__(f"{error.value}: {what}")
        self.error, self.what = error, what
        self.reason = reason or error.value.replace("_", "-")
        self.wait_s, self.principal = wait_s, principal


class Credential(msgspec.Struct, frozen=True):
    """How a client shows who it is: by a secret, by an assertion, or, where it is public, not at all.

    Attributes:
        client: `client_id`; empty where only the assertion says it.
        secret: `client_secret`, or empty.
        assertion: compact JWS, or empty.
    """

    client: str
    secret: str = ""
    assertion: str = ""

    @override
    def __repr__(self) -> str:
        """Return nothing of it."""
        return "Credential(…)"


def read_form(media_type: str, body: bytes) -> Mapping[str, str]:
    """Return the parameters of a form.

    Args:
        media_type: value of Content-Type.
        body: the form.
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


def read_credential(form: Mapping[str, str], authorization: str | None) -> Credential:
    """Return how the client of a form authenticates.

    Args:
        form: of `read_form`.
        authorization: value of Authorization; None where there is none.
    Raises:
        GrantRefused: in two ways, in one that is malformed, or without saying who it is.
    """
    ways = (authorization is not None, "client_secret" in form, "client_assertion" in form)
    if sum(ways) > 1:
        what = "authenticate in one way: Basic, client_secret or client_assertion"
        raise GrantRefused(GrantFault.INVALID_REQUEST, what)
    if authorization is not None:
        return _basic(authorization, form)
    client = form.get("client_id", "")
    if "client_assertion" in form:
        return _asserted(client, form)
    if not 0 < len(client) <= _TEXT or (
        "client_secret" in form and not 0 < len(form["client_secret"]) <= _TEXT
    ):
        raise GrantRefused(GrantFault.INVALID_CLIENT, "authenticate with client_id and client_secret")
    return Credential(client, form.get("client_secret", ""))


def _asserted(client: str, form: Mapping[str, str]) -> Credential:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise GrantRefused(GrantFault.INVALID_CLIENT, f"client_assertion_type must be {ASSERTION_TYPE}")
    if len(client) > _TEXT or not form["client_assertion"]:
        raise GrantRefused(GrantFault.INVALID_CLIENT, "client_id or client_assertion is not of its form")
    return Credential(client, assertion=form["client_assertion"])


def _basic(authorization: str, form: Mapping[str, str]) -> Credential:
    scheme, _, encoded = authorization.partition(" ")
    malformed = GrantRefused(GrantFault.INVALID_CLIENT, "Authorization must be Basic with id and secret")
    if scheme.lower() != "basic":
        raise malformed
    try:
        plain = base64.b64decode(encoded, validate=True).decode("utf-8")
        client, colon, secret = plain.partition(":")
        client, secret = unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as fault:
        raise malformed from fault
    if not colon or not 0 < len(client) <= _TEXT or not 0 < len(secret) <= _TEXT:
        raise malformed
    if form.get("client_id", client) != client:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "client_id differs from the one in Authorization")
    return Credential(client, secret)
