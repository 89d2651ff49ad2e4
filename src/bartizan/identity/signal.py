"""What an issuer tells of its own accord: that somebody was signed out, or that an account changed.

Rules of this file: pure. A logout token and a security event are signed like access tokens and are none: each has a
type and claims of its own, which the others must not have. An issuer speaks of its own subjects alone. What names
nobody is refused rather than taken as heard, so that whoever sent it learns that nothing was done.
Source: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6; RFC 8417; RFC 9493; OpenID Shared Signals 1.0, CAEP
1.0 and RISC 1.0.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bartizan.clock import DAY, MINUTE, Nanoseconds
from bartizan.identity.claim import audience, instant, text
from bartizan.identity.refusal import (
    AudienceWrong,
    ClaimMissing,
    TokenExpired,
    TokenNotYetValid,
)
from bartizan.identity.token import CLOCK_SKEW, Issuer, Opened, open_signed

LOGOUT_AGE: Final = Nanoseconds(5 * MINUTE)
"""How long ago a logout token may have been issued."""
EVENT_AGE: Final = DAY
"""How long ago an event may have been: whoever sends it tries again while we are away."""
LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
_CAEP: Final = "https://schemas.openid.net/secevent/caep/event-type/"
_RISC: Final = "https://schemas.openid.net/secevent/risc/event-type/"
EVENTS: Final[Mapping[str, str]] = {
    _CAEP + "session-revoked": "session-revoked",
    _CAEP + "credential-change": "credential-change",
    _CAEP + "token-claims-change": "token-claims-change",
    _RISC + "account-disabled": "account-disabled",
    _RISC + "account-enabled": "account-enabled",
    _RISC + "account-purged": "account-purged",
    "https://schemas.openid.net/secevent/ssf/event-type/verification": "verification",
}
"""Events that are understood, each with its word in the record."""
_FOREIGN: Final = frozenset({"nonce", "exp", "sub"})
_MOST_EVENTS: Final = 8


class Signal(msgspec.Struct, frozen=True):
    """What an issuer has told.

    Attributes:
        issuer: its URL.
        id: `jti`; told once.
        at: `iat`, UTC nanoseconds, by the issuer's clock, as its access tokens have theirs.
        until: after which it would be refused as too old, UTC nanoseconds.
        word: `logout`, or a word of `EVENTS`.
        subject, session: of whom, at the issuer; one of both may be empty, and both for `verification`.
    """

    issuer: str
    id: str
    at: Nanoseconds
    until: Nanoseconds
    word: str
    subject: str = ""
    session: str = ""


def read_logout(
    token: str, issuers: Mapping[str, Issuer], audiences: Mapping[str, tuple[str, ...]], now: Nanoseconds
) -> Signal:
    """Return what a logout token says.

    Args:
        token: compact JWS.
        issuers: by the exact string of `iss`.
        audiences: by the same, of which `aud` must hold one.
        now: the instant.
    Raises:
        TokenRefused: one of its subclasses.
    """
    opened = open_signed(token, issuers, _logout_types)
    payload = opened.payload
    if "nonce" in payload:
        raise ClaimMissing("nonce")
    events = payload.get("events")
    if not isinstance(events, dict) or events.get(LOGOUT) != {}:
        raise ClaimMissing("events")
    subject, session = _optional(payload, "sub"), _optional(payload, "sid")
    if not subject and not session:
        raise ClaimMissing("sub")
    at = _checked(opened, audiences, LOGOUT_AGE, now)
    if "exp" in payload and now >= (expires := instant(payload, "exp")):
        raise TokenExpired(by=Nanoseconds(now - expires))
    until = Nanoseconds(at + LOGOUT_AGE)
    return Signal(opened.issuer.url, text(payload, "jti"), at, until, "logout", subject, session)


def read_events(
    token: str, issuers: Mapping[str, Issuer], audiences: Mapping[str, tuple[str, ...]], now: Nanoseconds
) -> tuple[Signal, ...]:
    """Return what a security event token says, each event for itself; none where nothing of it is understood.

    Arguments and errors as of `read_logout`.
    """
    opened = open_signed(token, issuers, _event_types)
    payload = opened.payload
    for claim in sorted(_FOREIGN & payload.keys()):
        raise ClaimMissing(claim)
    events = payload.get("events")
    if not isinstance(events, dict) or not 0 < len(events) <= _MOST_EVENTS:
        raise ClaimMissing("events")
    at = _checked(opened, audiences, EVENT_AGE, now)
    told, until = text(payload, "jti"), Nanoseconds(at + EVENT_AGE)
    found = []
    for name, said in events.items():
        word = EVENTS.get(name)
        if word is None:
            continue
        subject, session = ("", "") if word == "verification" else _about(opened, said)
        found.append(Signal(opened.issuer.url, told, at, until, word, subject, session))
    return tuple(found)


def _checked(
    opened: Opened, audiences: Mapping[str, tuple[str, ...]], age: Nanoseconds, now: Nanoseconds
) -> Nanoseconds:
    """Return when it was issued, where it is meant for us, fresh, and signed.

    Raises:
        TokenRefused: one of its subclasses.
    """
    wanted = audiences.get(opened.issuer.url, ())
    named = audience(opened.payload.get("aud"))
    if not any(each in named for each in wanted):
        raise AudienceWrong(" or ".join(wanted) or "nobody here")
    at = instant(opened.payload, "iat")
    if now - at > age:
        raise TokenExpired(by=Nanoseconds(now - at - age))
    if at - now > CLOCK_SKEW:
        raise TokenNotYetValid(by=Nanoseconds(at - now))
    opened.check_signature()
    return at


def _logout_types(issuer: Issuer) -> Iterable[str]:
    # Issuers that type no access token type no logout token either; what tells them apart then are the claims.
    plain = issuer.profile is not None and "jwt" in issuer.profile.types
    return ("logout+jwt", "jwt") if plain else ("logout+jwt",)


def _event_types(_: Issuer) -> Iterable[str]:
    return ("secevent+jwt",)


def _about(opened: Opened, said: object) -> tuple[str, str]:
    """Return subject and session that an event is about: of the token, or in older drafts of the event itself.

    Raises:
        ClaimMissing: it names neither in a way that is understood.
    """
    named = opened.payload.get("sub_id")
    if named is None and isinstance(said, dict):
        named = said.get("subject")
    if not isinstance(named, dict):
        raise ClaimMissing("sub_id")
    subject, session = _identified(opened.issuer.url, named)
    if not subject and not session:
        raise ClaimMissing("sub_id")
    return subject, session


def _identified(issuer: str, named: dict[str, Any]) -> tuple[str, str]:
    if _is_complex(named):
        user, session = named.get("user"), named.get("session")
        return (
            _user(issuer, user) if isinstance(user, dict) else "",
            text(session, "id") if isinstance(session, dict) and session.get("format") == "opaque" else "",
        )
    return _user(issuer, named), ""


def _is_complex(named: dict[str, Any]) -> bool:
    # Drafts of Shared Signals left the format out.
    return named.get("format") == "complex" or (
        "format" not in named and bool({"user", "session"} & named.keys())
    )


def _user(issuer: str, named: dict[str, Any]) -> str:
    format_ = named.get("format", named.get("subject_type"))
    if format_ in ("iss_sub", "iss-sub") and named.get("iss") == issuer:  # no set: a list has no hash
        return text(named, "sub")
    return ""


def _optional(payload: Mapping[str, object], claim: str) -> str:
    return text(payload, claim) if claim in payload else ""
