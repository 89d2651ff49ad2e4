"""The platform's own record as sign-ins: which of its events are some, and what they say.

Rules of this file: pure. What a gateway refused and what the token endpoint gave out or refused are sign-ins; nothing else.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.access.signin.subject import Act, Credential, Reason, SignIn
from bartizan.ledger.entry import Entry
from bartizan.ledger.query import Query

ORIGIN: Final = "bartizan"
"""What the platform's own sign-ins are recorded as coming from."""
WANTED: Final = (
    Query(kind="access.token"),
    Query(kind="gateway.request.refused", control="access.request-authenticated"),
    Query(kind="gateway.request.refused", control="access.token-bound"),
    Query(kind="drill.run"),
)
"""The entries that are sign-ins, and those that say when the platform attacks itself."""
REFUSED: Final = "gateway.request.refused"
_ASKED: Final[Mapping[str, Reason]] = {
    "invalid-client": Reason.SECRET_WRONG,
    "slow-down": Reason.SECRET_WRONG,
    "refresh-reused": Reason.REFRESH_REUSED,
    "proof-replayed": Reason.PROOF_REPLAYED,
}
_SHOWN: Final[Mapping[str, Reason]] = {
    "signature-invalid": Reason.SECRET_WRONG,
    "proof-missing": Reason.TOKEN_REPLAYED,
    "proof-of-another": Reason.TOKEN_REPLAYED,
    "certificate-wrong": Reason.TOKEN_REPLAYED,
    "proof-replayed": Reason.PROOF_REPLAYED,
}
"""Word of a refusal -> what it is; any other is `OTHER`, of which nothing is made."""
_PRINCIPAL, _ADDRESS = "p-", "a-"
_EXCHANGE: Final = "exchange"


def signin(entry: Entry) -> SignIn | None:
    """Return the sign-in that an entry tells of; None where it tells of none."""
    match entry.event.kind:
        case "access.token.issued":
            return _issued(entry)
        case "access.token.refused":
            return _refused(entry, _ASKED, Act.SIGN_IN, Credential.SECRET)
        case "gateway.request.refused":
            return _refused(entry, _SHOWN, Act.USE, Credential.TOKEN)
        case _:
            return None


def _issued(entry: Entry) -> SignIn | None:
    event = entry.event
    source = event.detail.get("source")
    if not event.actor.startswith(_PRINCIPAL) or not isinstance(source, str):
        return None  # the owner's own command asked, on the owner's own socket
    if event.detail.get("grant") == _EXCHANGE:
        return (
            None  # an agent asked, with its own credential from its own network: no doing of whom it acts for
        )
    return SignIn(
        event.at, ORIGIN, credential=Credential.SECRET, principal=event.actor, source=f"{_ADDRESS}{source}"
    )


def _refused(entry: Entry, words: Mapping[str, Reason], act: Act, credential: Credential) -> SignIn | None:
    event = entry.event
    reason = words.get(str(event.detail.get("reason")), Reason.OTHER)
    who = event.subject if event.subject.startswith(_PRINCIPAL) else ""
    if not who and event.actor.startswith(_PRINCIPAL):
        who = event.actor
    if reason is Reason.SECRET_WRONG and not who:
        reason = Reason.PRINCIPAL_UNKNOWN
    source = event.actor if event.actor.startswith(_ADDRESS) else ""
    many = event.detail.get("count", 1)
    count = many if isinstance(many, int) else 1
    return SignIn(event.at, ORIGIN, act, reason, credential, who, source, count=count)
