"""Logout tokens and security events: whoever signs them, what is heeded is what the claims say, of the issuer's own subject.

Every signature counts as good here, so that what lies behind it is reached. An input is `l` or `e`, then header, payload
and signature with a NUL between them, still to be encoded.
"""

import base64
import json

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.external import Profile
from bartizan.identity.refusal import TokenRefused
from bartizan.identity.signal import EVENT_AGE, LOGOUT_AGE, Signal, read_events, read_logout
from bartizan.identity.token import CLOCK_SKEW, Issuer, PinnedKey
from fuzz.target import Target

_NOW = Nanoseconds(1_700_000_000 * SECOND)
_ISSUER = Issuer(
    "https://issuer", {"k": PinnedKey("ES256", lambda _signed, _signature: True)}, Profile("i", ("a",))
)
_ISSUERS, _AUDIENCES = {_ISSUER.url: _ISSUER}, {_ISSUER.url: ("us",)}


def run(data: bytes) -> str:
    token = ".".join(map(_encoded, data[1:].split(b"\0")))
    said: tuple[Signal, ...]
    try:
        if data[:1] == b"l":
            said, age = (read_logout(token, _ISSUERS, _AUDIENCES, _NOW),), LOGOUT_AGE
        else:
            said, age = read_events(token, _ISSUERS, _AUDIENCES, _NOW), EVENT_AGE
    except TokenRefused as fault:
        assert type(fault).reason != "token-refused"
        return type(fault).reason
    claims = json.loads(data[1:].split(b"\0")[1])
    assert "us" in (claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]])
    for each in said:
        assert (each.issuer, each.id, each.at) == (claims["iss"], claims["jti"], claims["iat"] * SECOND)
        assert _NOW - age <= each.at <= _NOW + CLOCK_SKEW
        assert each.word == "verification" or each.subject or each.session
        assert each.word != "logout" or "nonce" not in claims
    return "+".join(sorted(each.word for each in said)) or "nothing"


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


_LOGOUT = (
    b'l{"typ":"logout+jwt","alg":"ES256","kid":"k"}\0{"iss":"https://issuer","aud":"us","iat":1700000000,"jti":"j",'
    b'"sub":"s","sid":"t","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}\0s'
)
_EVENT = (
    b'e{"typ":"secevent+jwt","alg":"ES256","kid":"k"}\0{"iss":"https://issuer","aud":["us"],"iat":1700000000,"jti":"j",'
    b'"sub_id":{"format":"iss_sub","iss":"https://issuer","sub":"s"},'
    b'"events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{}}}\0s'
)
_COMPLEX = b'{"format":"complex","user":{"format":"iss_sub","iss":"https://issuer","sub":"s"},"session":{"format":"opaque","id":"t"}}'
TARGET = Target(
    modules=("bartizan.identity.signal", "bartizan.identity.claim", "bartizan.identity.token"),
    run=run,
    seeds=(
        _LOGOUT,
        _EVENT,
        _EVENT.replace(b'{"format":"iss_sub","iss":"https://issuer","sub":"s"}', _COMPLEX),
        _EVENT.replace(b"caep/event-type/session-revoked", b"ssf/event-type/verification"),
        _LOGOUT.replace(b'"sub":"s",', b'"nonce":"n",'),
        _LOGOUT.replace(b'"sub"', b'"exp":1700000060,"sub"'),
    ),
    words=(
        b"\0", b'"sub_id"', b'"subject"', b'"subject_type"', b'"iss-sub"', b'"format"', b'"iss_sub"', b'"complex"', b'"opaque"', b'"user"', b'"session"',
        b'"events"', b'"nonce"', b'"exp"', b'"sid"', b'"sub"', b"risc/event-type/account-disabled", b"caep/event-type/credential-change",
        b"{}", b"[]", b"null", b"true", b"1e9", b"1699999000", b"https://other", b"at+jwt", b"JWT", b"\\ud800",
    ),
)  # fmt: skip
