"""The platform's own public endpoints: where tokens, keys and the issuer's description are to be had, and its pages."""

import re
from typing import Final

from bartizan.gateway.body import FormBody, NoBody, TokenBody
from bartizan.gateway.credential import Told
from bartizan.gateway.exact_body import ExactBody
from bartizan.gateway.page import SCRIPT_PATH, SHEET_PATH, Page, PageForm
from bartizan.gateway.protocols.admin import ROWS as ADMIN
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row
from bartizan.gateway.query import Parameters, parameter

_PUSHED: Final = frozenset(
    {
        "acr_values",
        "audience",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "max_age",
        "prompt",
        "redirect_uri",
        "request_uri",
        "resource",
        "response_type",
        "scope",
        "state",
    }
)
_DEVICE: Final = frozenset(
    {
        "audience",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "dpop_jkt",
        "resource",
        "scope",
    }
)
_ABOUT_TOKEN: Final = frozenset(
    {"client_assertion", "client_assertion_type", "client_id", "client_secret", "token", "token_type_hint"}
)
VISIT: Final = "visit-page"
"""What opening a page of the platform's own is called in policy; who signed in is judged by the page."""
_TOKEN: Final = "[A-Za-z0-9_-]{43}"  # noqa: S105 - a form
_SHOWN: Final = "[0-9a-f]{16}"
_CREDENTIAL: Final = r"\{[\x20-\x7e]{1,12000}\}"
_NEXT: Final = "account|applications|approvals|device|everyone|consent"
_CLIENT: Final = "[A-Za-z0-9_-]{1,64}"
_REQUEST: Final = "urn:[A-Za-z0-9_:-]{1,2100}"
_REQUEST_ENCODED: Final = "urn(?::|%3[Aa])(?:[A-Za-z0-9_:-]|%3[Aa]){1,2100}"
_PRINCIPAL: Final = "[a-z0-9._-]{1,80}"
_SAID: Final = "[a-z-]{1,40}"
REACH: Final = "reach-registration"
"""What it is called in policy that a request of an application that registers itself is passed on; whether it may is judged behind it."""
_REGISTER: Final = "/oauth/register"
_JSON: Final = b"application/json"
_OF_ONE: Final[Parameters] = {"client_id": parameter("c-[0-9a-f]{16}", required=True)}


def _open(name: str, path: str, page: Page = Page.DOCUMENT, **query: str) -> Row:
    """Return the row of a page that is read, with what its query may say."""
    known: Parameters = {key: parameter(form) for key, form in query.items()}
    return Row(name, b"GET", path, VISIT, NoBody(), query=known, page=page, accept=b"text/html")


def _sent(name: str, path: str, page: Page = Page.DOCUMENT, **fields: str) -> Row:
    """Return the row of a form, with the forms of its fields."""
    return Row(name, b"POST", path, VISIT, PageForm(**fields), page=page, accept=b"text/html")


def _loaded(name: str, path: str, page: Page) -> Row:
    return Row(name, b"GET", path, VISIT, NoBody(), page=page, accept=page.media.partition(b";")[0])


_PAGES: Final = (
    _open("page-account", "/people", said=_SAID),
    _open(
        "page-sign-in",
        "/people/sign-in",
        Page.LEADING,
        next=_NEXT,
        client_id=_CLIENT,
        request_uri=_REQUEST_ENCODED,
        said=_SAID,
    ),
    _sent(
        "form-sign-in",
        "/people/sign-in",
        Page.LEADING,
        credential=_CREDENTIAL,
        next=_NEXT,
        client_id=_CLIENT,
        request_uri=_REQUEST,
    ),
    _open("page-link", "/people/link", token=_TOKEN),
    _sent("form-link", "/people/link", token=_TOKEN),
    _open("page-recover", "/people/recover", said=_SAID),
    _sent("form-recover", "/people/recover", code="[A-Za-z2-7 -]{1,64}"),
    _open("page-enrol", "/people/enrol", said=_SAID),
    _sent("form-enrol", "/people/enrol", csrf=_TOKEN, credential=_CREDENTIAL, label="[^<>\x00-\x1f]{0,40}"),
    _open("page-verify", "/people/verify", next=_NEXT, said=_SAID),
    _sent("form-verify", "/people/verify", csrf=_TOKEN, credential=_CREDENTIAL, next=_NEXT),
    _sent("form-passkey-remove", "/people/passkey-remove", csrf=_TOKEN, passkey=_SHOWN),
    _sent("form-recovery-codes", "/people/recovery-codes", csrf=_TOKEN),
    _sent("form-session-end", "/people/session-end", csrf=_TOKEN, session=_SHOWN),
    _sent("form-sign-out", "/people/sign-out", csrf=_TOKEN),
    _sent("form-sign-out-everywhere", "/people/sign-out-everywhere", csrf=_TOKEN),
    _open("page-applications", "/people/applications", said=_SAID, after=_PRINCIPAL),
    _sent("form-withdraw", "/people/withdraw", csrf=_TOKEN, application=_PRINCIPAL),
    _open("page-approvals", "/people/approvals", said=_SAID),
    _sent("form-approval", "/people/approvals", csrf=_TOKEN, approval=_SHOWN, answer="approve|deny"),
    _open("page-everyone", "/people/everyone", said=_SAID, after=_PRINCIPAL),
    _sent("form-revoke", "/people/revoke", csrf=_TOKEN, principal=_PRINCIPAL),
    _sent("form-erase", "/people/erase", csrf=_TOKEN, principal=_PRINCIPAL),
    _open("page-device", "/people/device", said=_SAID),
    _sent("form-device", "/people/device", csrf=_TOKEN, code="[A-Za-z -]{0,32}"),
    _sent(
        "form-device-answer",
        "/people/device-answer",
        csrf=_TOKEN,
        request="[0-9a-f]{32}",
        token=_TOKEN,
        answer="allow|deny",
    ),
    _loaded("page-sheet", SHEET_PATH, Page.SHEET),
    _loaded("page-script", SCRIPT_PATH, Page.SCRIPT),
)
_QUESTIONS: Final = (
    Row(
        "authorize",
        b"GET",
        "/oauth/authorize",
        "authorize",
        NoBody(),
        query={
            "client_id": parameter(_CLIENT, required=True),
            "request_uri": parameter(_REQUEST_ENCODED, required=True),
        },
        page=Page.CONSENT,
        accept=b"text/html",
    ),
    Row(
        "answer",
        b"POST",
        "/oauth/authorize",
        "authorize",
        PageForm(client_id=_CLIENT, request_uri=_REQUEST, token=_TOKEN, answer="allow|deny"),
        page=Page.CONSENT,
        accept=b"text/html",
    ),
)

_REGISTRATIONS: Final = (
    Row("register", b"POST", _REGISTER, REACH, ExactBody(dict), accept=_JSON, shows=True),
    *(
        Row(f"registration-{word}", method, _REGISTER, REACH, reader, _OF_ONE, accept=_JSON, shows=True)
        for word, method, reader in (
            ("read", b"GET", NoBody()),
            ("update", b"PUT", ExactBody(dict)),
            ("withdraw", b"DELETE", NoBody()),
        )
    ),
)

CONTROL: Final = Dialect(
    (
        Row("token", b"POST", "/oauth/token", "request-token", FormBody()),
        Row("pushed", b"POST", "/oauth/par", "push-authorization", FormBody(_PUSHED)),
        Row("device-code", b"POST", "/oauth/device_authorization", "request-device-code", FormBody(_DEVICE)),
        Row("inspect", b"POST", "/oauth/introspect", "inspect-token", FormBody(_ABOUT_TOKEN)),
        Row("revoke", b"POST", "/oauth/revoke", "return-token", FormBody(_ABOUT_TOKEN)),
        *_QUESTIONS,
        *_REGISTRATIONS,
        Row("metadata", b"GET", "/.well-known/oauth-authorization-server", "read-metadata", NoBody()),
        Row("openid", b"GET", "/.well-known/openid-configuration", "read-metadata", NoBody()),
        Row("logout", b"POST", "/oauth/backchannel-logout", "receive-logout", FormBody()),
        Row("events", b"POST", "/ssf/events", "receive-events", TokenBody(b"application/secevent+jwt")),
        Row("enrol", b"POST", "/device/enrolment", "enrol-device", TokenBody(b"application/jwt")),
        Row("posture", b"POST", "/device/posture", "tell-posture", TokenBody(b"application/jwt")),
        Row("keys", b"GET", "/oauth/jwks", "read-keys", NoBody()),
        *ADMIN,
        *_PAGES,
    ),
    prefix="",
    errors=Errors.PROBLEM,
    public=True,
    told=(Told(b"dpop", re.compile(rb"[A-Za-z0-9_.-]{1,2048}")),),
)
