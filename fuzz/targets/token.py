"""Access tokens: whoever signs them, one token has one reading, and it is the one that a plain reader has too.

Every signature counts as good here, so that what lies behind it is reached. An input that begins with 0 is a token as
it stands; any other is header, payload and signature, a NUL between them, still to be encoded.
"""

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.refusal import TokenRefused
from bartizan.identity.token import CLOCK_SKEW, Issuer, PinnedKey, verify
from fuzz.jws import compact, plainly
from fuzz.target import Target

_AUDIENCE, _NOW = "https://gateway", Nanoseconds(1_700_000_000 * SECOND)
_ISSUERS = {
    "https://issuer": Issuer("https://issuer", {"k": PinnedKey("ES256", lambda _signed, _signature: True)})
}
_HEADER = b'{"typ":"at+jwt","alg":"ES256","kid":"k"}'
_PAYLOAD = (
    b'{"iss":"https://issuer","sub":"s","client_id":"c","aud":"https://gateway","jti":"j",'
    b'"iat":1699999990,"exp":1700000100}'
)


def run(data: bytes) -> str:
    token = data[1:].decode("latin-1") if data[:1] == b"0" else compact(data[1:])
    try:
        claims = verify(token, _ISSUERS, _AUDIENCE, _NOW)
    except TokenRefused as fault:
        assert type(fault).reason != "token-refused"
        return type(fault).reason
    header, said = plainly(token)
    assert (header["alg"], header["kid"], header["typ"].lower()[-6:]) == ("ES256", "k", "at+jwt")
    assert (said["iss"], said["sub"], said["client_id"]) == (claims.issuer, claims.subject, claims.client)
    assert said["aud"] in (_AUDIENCE, list(claims.audience))
    assert _AUDIENCE in claims.audience
    assert (said["iat"] * SECOND, said["exp"] * SECOND) == (claims.issued, claims.expires)
    assert claims.issued - CLOCK_SKEW <= _NOW < claims.expires
    return "verified"


_GOOD = _HEADER + b"\0" + _PAYLOAD + b"\0s"
TARGET = Target(
    modules=("bartizan.identity.token", "bartizan.identity.compact", "bartizan.identity.refusal"),
    run=run,
    seeds=(
        b"1" + _GOOD,
        b"0" + compact(_GOOD).encode(),
        b"1" + _GOOD.replace(b'"https://gateway"', b'["a","https://gateway"]'),
        b"1" + _GOOD.replace(b'"jti"', b'"nbf":1700000000,"jti"'),
        b"1" + _GOOD.replace(b"1700000100", b"1600000000"),
        b"1" + _GOOD.replace(b"ES256", b"none"),
        b"1" + _GOOD.replace(b'"alg"', b'"jwk":{},"alg"'),
        b"1" + _GOOD.replace(b'"jti"', b'"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},"jti"'),
        b"0..",
    ),
    words=(
        b".", b"=", b"\0", b'"', b"\\u0061", b"\\ud800", b"{", b"}", b",", b":", b"NaN", b"1e9", b"1700000100", b"null", b"true", b"[]",
        b'"typ"', b'"alg"', b'"kid"', b'"jku"', b'"crit"', b'"iss"', b'"sub"', b'"aud"', b'"exp"', b'"iat"', b'"nbf"', b'"jti"', b'"cnf"', b'"jkt"', b'"x5t#S256"', b"none",
        b"at+jwt", b"application/at+jwt", b"HS256", b"\xff", b"9223372036854775808",
    ),
)  # fmt: skip
