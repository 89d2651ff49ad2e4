"""What the watches say: one suspicion a stream, with how far it is out of the ordinary.

Rules of this file: a suspicion is no alert. Its weight only orders it within its own stream; `budget.py` learns what is
ordinary there, and makes alerts of the rarest.
"""

import enum
from collections.abc import Mapping
from typing import Final

from bartizan.access.signin.subject import SignIn
from bartizan.control import Confidence, Finding, Severity


class Kind(enum.Enum):
    """What it looks like; the words of the record."""

    STUFFING = "credential-stuffing"
    SPRAYING = "password-spraying"
    GUESSING = "guessing"
    TOKEN_REPLAY = "token-replay"  # noqa: S105 - a word
    PROOF_REPLAY = "proof-replay"
    REFRESH_REUSE = "refresh-reuse"
    UNKNOWN_DEVICE = "unknown-device"
    DORMANT = "dormant-principal"
    NEW_CLIENT = "new-client"
    IMPOSSIBLE = "impossible-sequence"
    CONSENT = "consent-abuse"
    UNUSUAL = "unusual-sign-in"


SURE: Final = frozenset({Kind.TOKEN_REPLAY, Kind.PROOF_REPLAY, Kind.REFRESH_REUSE})
"""Kinds that are told of while still learning: they break a protocol, and no habit."""
WHAT: Final[Mapping[Kind, tuple[Severity, Confidence, str]]] = {
    Kind.STUFFING: (
        Severity.HIGH,
        Confidence.MEDIUM,
        "many names that nobody has are tried; look for good sign-ins from there, and bar the source",
    ),
    Kind.SPRAYING: (
        Severity.HIGH,
        Confidence.MEDIUM,
        "many principals are tried from places none of them uses; look for good sign-ins from there",
    ),
    Kind.GUESSING: (
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "one principal is tried from places it does not use; ask it, and give it a stronger credential",
    ),
    Kind.TOKEN_REPLAY: (
        Severity.CRITICAL,
        Confidence.HIGH,
        "a token or session is used where it was not given out; revoke it, and ask its principal",
    ),
    Kind.PROOF_REPLAY: (
        Severity.HIGH,
        Confidence.HIGH,
        "a proof of possession was presented again; who sent it has read the traffic of its principal",
    ),
    Kind.REFRESH_REUSE: (
        Severity.CRITICAL,
        Confidence.HIGH,
        "a refresh token that was used up was presented again; revoke its principal's sessions",
    ),
    Kind.UNKNOWN_DEVICE: (
        Severity.MEDIUM,
        Confidence.LOW,
        "a principal signed in with a device it never used; ask it whether it was there",
    ),
    Kind.DORMANT: (
        Severity.HIGH,
        Confidence.MEDIUM,
        "a principal that was away for long, or never seen, signed in; ask it, or whoever owns it",
    ),
    Kind.NEW_CLIENT: (
        Severity.MEDIUM,
        Confidence.LOW,
        "a principal signed in through a client it never used; ask it whether it did",
    ),
    Kind.IMPOSSIBLE: (
        Severity.HIGH,
        Confidence.MEDIUM,
        "a principal was at two places sooner than anybody travels; ask it, and revoke its sessions",
    ),
    Kind.CONSENT: (
        Severity.HIGH,
        Confidence.MEDIUM,
        "a client that is new here is given far-reaching rights; find out whose it is, or take them away",
    ),
    Kind.UNUSUAL: (
        Severity.LOW,
        Confidence.LOW,
        "a principal signed in from where, or when, it never does; ask it if the place says nothing to you",
    ),
}
"""How grave each kind is, how sure, and what to do."""


class Suspicion(Finding, frozen=True, kw_only=True):
    """A finding that is weighed.

    Attributes:
        kind: what it looks like.
        stream: what it is weighed among; a kind may have several.
        weight: how far it is out of the ordinary; orders suspicions of one stream, and means nothing besides.
        about: pseudonym of what is suspected, by which alerts of one day are told apart.
        at: UTC nanoseconds.
        origin, principal, source, client: of the sign-in that gave rise to it; may be empty.
        held: whether it was done with what only its principal should hold, so that it may count against the
            principal; what a stranger can do without is never held against anybody.
    """

    kind: Kind
    stream: str
    weight: float
    about: str
    at: int
    origin: str = ""
    principal: str = ""
    source: str = ""
    client: str = ""
    held: bool = False


def suspicion(
    kind: Kind, stream: str, weight: float, about: str, of: SignIn, *, held: bool = False
) -> Suspicion:
    """Return the suspicion of a kind, with its words.

    Args:
        kind, stream, weight, about, held: as in `Suspicion`.
        of: the sign-in that gave rise to it.
    """
    severity, confidence, what = WHAT[kind]
    return Suspicion(
        kind.value,
        what,
        severity,
        confidence,
        kind=kind,
        stream=stream,
        weight=weight,
        about=about,
        at=of.at,
        origin=of.origin,
        principal=of.principal,
        source=of.source,
        client=of.client,
        held=held,
    )
