"""The platform's own public endpoints: where tokens, keys and the issuer's description are to be had."""

import re
from typing import Final

from bartizan.gateway.body import FormBody, NoBody, TokenBody
from bartizan.gateway.credential import Told
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row
from bartizan.gateway.query import parameter

_PUSHED: Final = frozenset(
    {
        "audience",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "redirect_uri",
        "request_uri",
        "resource",
        "response_type",
        "scope",
        "state",
    }
)
_ABOUT_TOKEN: Final = frozenset(
    {"client_assertion", "client_assertion_type", "client_id", "client_secret", "token", "token_type_hint"}
)
_ANSWERED: Final = frozenset({"answer", "client_id", "request_uri", "token"})
_ASKED: Final = {
    "client_id": parameter(r"[A-Za-z0-9_-]{1,64}", required=True),
    "request_uri": parameter(r"urn(?::|%3[Aa])(?:[A-Za-z0-9_:-]|%3[Aa]){1,2100}", required=True),
}

CONTROL: Final = Dialect(
    (
        Row("token", b"POST", "/oauth/token", "request-token", FormBody()),
        Row("pushed", b"POST", "/oauth/par", "push-authorization", FormBody(_PUSHED)),
        Row("inspect", b"POST", "/oauth/introspect", "inspect-token", FormBody(_ABOUT_TOKEN)),
        Row("revoke", b"POST", "/oauth/revoke", "revoke-token", FormBody(_ABOUT_TOKEN)),
        Row("authorize", b"GET", "/oauth/authorize", "authorize", NoBody(), _ASKED),
        Row("answer", b"POST", "/oauth/authorize", "authorize", FormBody(_ANSWERED)),
        Row("metadata", b"GET", "/.well-known/oauth-authorization-server", "read-metadata", NoBody()),
        Row("openid", b"GET", "/.well-known/openid-configuration", "read-metadata", NoBody()),
        Row("logout", b"POST", "/oauth/backchannel-logout", "receive-logout", FormBody()),
        Row("events", b"POST", "/ssf/events", "receive-events", TokenBody(b"application/secevent+jwt")),
        Row("keys", b"GET", "/oauth/jwks", "read-keys", NoBody()),
    ),
    prefix="",
    errors=Errors.PROBLEM,
    public=True,
    told=(Told(b"dpop", re.compile(rb"[A-Za-z0-9_.-]{1,2048}")),),
)
