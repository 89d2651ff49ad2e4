"""Reading a token request: what is asked for, and by which client.

Rules of this file: pure. What is asked for is known before anything is looked up.
Source: RFC 6749 sections 4.1.3, 4.4, 5.2 and 6; RFC 7636 section 4.1; RFC 8693 section 2.1; RFC 8707 section 2;
RFC 8628 section 3.4.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from typing_extensions import override

from bartizan.access.issue.code import CodeShown
from bartizan.access.issue.form import Credential, GrantFault, GrantRefused, read_credential, read_form
from bartizan.access.issue.mint import AUDIENCES, GATEWAY

CLIENT: Final = "client_credentials"
CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS: Final = (CODE, CLIENT, REFRESH, EXCHANGE, DEVICE)
"""What may stand as `grant_type`."""
_NEEDED: Final = {
    CLIENT: (),
    CODE: ("code", "code_verifier", "redirect_uri"),
    REFRESH: ("refresh_token",),
    EXCHANGE: ("subject_token", "subject_token_type"),
    DEVICE: ("device_code",),
}
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - its kind
"""The one kind of token that is exchanged, and that comes of it (RFC 8693 section 3)."""
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_TEXT: Final = 255


class TokenRequest(msgspec.Struct, frozen=True):
    """A request that can be granted, if its client is who it says.

    Attributes:
        credential: of the client.
        audience: whom the token is to be for, a word of `AUDIENCES`.
        resource: URL of the one service that it is to be good for; empty for all.
        proof: DPoP proof of the key that it is to be bound to, or empty.
        certificate: SHA-256, base64url, of the certificate that it is to be bound to, or empty.
        code: that it is asked for with; None where it is with none.
        refresh: refresh token that it is asked for with, or empty.
        subject: access token that it is to be exchanged for, or empty.
        device: device code that it is asked for with, or empty.
        narrowed: whether audience or resource was said, and not only meant.
    """

    credential: Credential
    audience: str = GATEWAY
    resource: str = ""
    proof: str = ""
    certificate: str = ""
    code: CodeShown | None = None
    refresh: str = ""
    subject: str = ""
    device: str = ""
    narrowed: bool = False

    @override
    def __repr__(self) -> str:
        """Return the audience only."""
        return f"TokenRequest(audience={self.audience})"


def read_grant(
    media_type: str, authorization: str | None, body: bytes, proof: str = "", certificate: str = ""
) -> TokenRequest:
    """Return the token request.

    Args:
        media_type: value of Content-Type.
        authorization: value of Authorization; None where there is none.
        body: the form.
        proof: value of DPoP; empty where there is none.
        certificate: SHA-256, base64url, of the certificate of its connection, or empty.
    Raises:
        GrantRefused: it has no one reading, or asks for what is not given here.
    """
    form = read_form(media_type, body)
    grant = _require_grant(form)
    audience, resource = form.get("audience", GATEWAY), form.get("resource", "")
    if audience not in AUDIENCES:
        what = f"audience must be one of {', '.join(sorted(AUDIENCES))}"
        raise GrantRefused(GrantFault.INVALID_TARGET, what)
    if "resource" in form and ("audience" in form or not 0 < len(resource) <= _TEXT):
        raise GrantRefused(GrantFault.INVALID_TARGET, "name one resource, or an audience, not both")
    credential = read_credential(form, authorization)
    shows = credential.secret or credential.assertion or (grant == CLIENT and certificate)
    if grant in {CLIENT, EXCHANGE} and not shows:
        what = "authenticate with client_id and client_secret, or with client_assertion"
        raise GrantRefused(GrantFault.INVALID_CLIENT, what)
    code = _code(form) if grant == CODE else None
    refresh = form["refresh_token"] if grant == REFRESH else ""
    subject = _subject(form) if grant == EXCHANGE else ""
    device = form["device_code"] if grant == DEVICE else ""
    narrowed = "audience" in form or "resource" in form
    said = TokenRequest(credential, audience, resource, proof, certificate, narrowed=narrowed)
    return msgspec.structs.replace(said, code=code, refresh=refresh, subject=subject, device=device)


def _require_grant(form: Mapping[str, str]) -> str:
    """Return the kind of grant, whose parameters are all there."""
    grant = form.get("grant_type")
    if grant is None:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "grant_type is missing")
    if grant not in GRANTS:
        raise GrantRefused(GrantFault.UNSUPPORTED_GRANT_TYPE, f"only {', '.join(GRANTS)} are supported")
    if form.get("scope"):
        raise GrantRefused(GrantFault.INVALID_SCOPE, "no scopes are defined; leave scope out")
    if not all(form.get(name) for name in _NEEDED[grant]):
        raise GrantRefused(GrantFault.INVALID_REQUEST, f"{' and '.join(_NEEDED[grant])} are required")
    return grant


def _code(form: Mapping[str, str]) -> CodeShown:
    if _VERIFIER.fullmatch(form["code_verifier"]) is None:
        raise GrantRefused(GrantFault.INVALID_GRANT, "code_verifier is not of its form", "code-unverified")
    return CodeShown(form["code"], form["code_verifier"], form["redirect_uri"])


def _subject(form: Mapping[str, str]) -> str:
    kinds = form["subject_token_type"], form.get("requested_token_type", ACCESS_TOKEN)
    if kinds != (ACCESS_TOKEN, ACCESS_TOKEN):
        what = f"a token of the type {ACCESS_TOKEN} is exchanged for another of it, and nothing else"
        raise GrantRefused(GrantFault.INVALID_REQUEST, what)
    return form["subject_token"]
