"""Software statements: what somebody who is trusted for it says, signed, of the software that registers itself.

Rules of this file: pure. A statement is signed like an access token and is none: it says which software it is of, and
nothing that a token says. Only an issuer that is configured for it vouches for software, by a key that is pinned.
Source: RFC 7591 sections 2.3 and 3.1.1; RFC 8725 sections 3.1, 3.2 and 3.11.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bartizan.access.issue.registration import KNOWN
from bartizan.clock import Nanoseconds
from bartizan.identity.claim import audience, instant, text
from bartizan.identity.refusal import AudienceWrong, ClaimMissing, TokenExpired, TokenNotYetValid
from bartizan.identity.token import CLOCK_SKEW, Issuer, open_signed

_TYPE: Final = "software-statement+jwt"
_FOREIGN: Final = frozenset(
    {"sub", "client_id", "azp", "sid", "nonce", "events", "cnf", "act", "at_hash", "c_hash", "auth_time"}
)
"""Claims of tokens, which the same key may sign."""


class Statement(msgspec.Struct, frozen=True):
    """What is vouched for.

    Attributes:
        issuer: URL of who does.
        software: `software_id`.
        said: metadata that it settles, by name.
    """

    issuer: str
    software: str
    said: dict[str, Any]


def read_statement(token: str, issuers: Mapping[str, Issuer], here: str, now: Nanoseconds) -> Statement:
    """Return what a software statement says.

    Args:
        token: compact JWS.
        issuers: that may vouch for software, by the exact string of `iss`.
        here: our own URL, which `aud` must hold where there is one.
        now: the instant.
    Raises:
        TokenRefused: one of its subclasses.
    """
    opened = open_signed(token, issuers, _types)
    payload = opened.payload
    for claim in sorted(_FOREIGN & payload.keys()):
        raise ClaimMissing(claim)
    software = text(payload, "software_id")
    if "aud" in payload and here not in audience(payload["aud"]):
        raise AudienceWrong(here)
    if "exp" in payload and now >= (expires := instant(payload, "exp")):
        raise TokenExpired(by=Nanoseconds(now - expires))
    for claim in ("iat", "nbf"):
        if claim in payload and (start := instant(payload, claim)) - now > CLOCK_SKEW:
            raise TokenNotYetValid(by=Nanoseconds(start - now))
    opened.check_signature()
    said = {name: value for name, value in payload.items() if name in KNOWN}
    return Statement(opened.issuer.url, software, said)


def _types(issuer: Issuer) -> Iterable[str]:
    # Where an issuer's access tokens are of the plain type, a statement must have its own.
    plain = issuer.profile is not None and "jwt" in issuer.profile.types
    return (_TYPE,) if plain else (_TYPE, "jwt")
