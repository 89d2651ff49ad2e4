"""The platform's own public endpoints: where tokens, keys and the issuer's description are to be had."""

import re
from typing import Final

from bartizan.gateway.body import FormBody, NoBody, TokenBody
from bartizan.gateway.credential import Told
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row

CONTROL: Final = Dialect(
    (
        Row("token", b"POST", "/oauth/token", "request-token", FormBody()),
        Row("metadata", b"GET", "/.well-known/oauth-authorization-server", "read-metadata", NoBody()),
        Row("logout", b"POST", "/oauth/backchannel-logout", "receive-logout", FormBody()),
        Row("events", b"POST", "/ssf/events", "receive-events", TokenBody(b"application/secevent+jwt")),
        Row("enrol", b"POST", "/device/enrolment", "enrol-device", TokenBody(b"application/jwt")),
        Row("posture", b"POST", "/device/posture", "tell-posture", TokenBody(b"application/jwt")),
        Row("keys", b"GET", "/oauth/jwks", "read-keys", NoBody()),
    ),
    prefix="",
    errors=Errors.PROBLEM,
    public=True,
    told=(Told(b"dpop", re.compile(rb"[A-Za-z0-9_.-]{1,2048}")),),
)
