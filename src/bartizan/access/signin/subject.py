"""A sign-in as typed facts: what the watches fold over, whoever recorded it.

Rules of this file: pseudonyms and words of closed sets, never a name, an address or a text of a client. What a log does not
say is empty, and an empty fact is never compared.
"""

import enum
from typing import Final

import msgspec

from bartizan.clock import DAY


class Act(enum.Enum):
    """What was done or tried."""

    SIGN_IN = "sign-in"
    """A credential of the principal's own was presented: a password, a passkey, a secret, a key."""
    RENEW = "renew"
    """A session or a refresh token was presented for a new token."""
    USE = "use"
    """A token was presented for something else than a new one."""
    CONSENT = "consent"
    """A client was given rights in a principal's name."""


class Reason(enum.Enum):
    """Why it was refused; `NONE` where it was not."""

    NONE = "none"
    SECRET_WRONG = "secret-wrong"  # noqa: S105 - a word
    PRINCIPAL_UNKNOWN = "principal-unknown"
    SECOND_FACTOR = "second-factor"
    MALFORMED = "malformed"
    NOT_PERMITTED = "not-permitted"
    TOKEN_REPLAYED = "token-replayed"  # noqa: S105 - a word
    PROOF_REPLAYED = "proof-replayed"
    REFRESH_REUSED = "refresh-reused"
    OTHER = "other"


class Credential(enum.Enum):
    """What was presented."""

    UNKNOWN = "unknown"
    PASSWORD = "password"  # noqa: S105 - a word
    PASSKEY = "passkey"
    SECRET = "secret"  # noqa: S105 - a word
    KEY = "key"
    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 - a word
    SESSION = "session"


GUESSES: Final = frozenset({Reason.SECRET_WRONG, Reason.PRINCIPAL_UNKNOWN, Reason.SECOND_FACTOR})
"""Refusals that trying credentials leads to."""
PROOFS: Final = frozenset({Reason.TOKEN_REPLAYED, Reason.PROOF_REPLAYED, Reason.REFRESH_REUSED})
"""Refusals that name an attack by themselves: something that had been used, or bound elsewhere, was presented."""


class SignIn(msgspec.Struct, frozen=True, gc=False):
    """One sign-in, or several alike.

    Attributes:
        at: UTC nanoseconds.
        origin: where it was recorded: `bartizan`, or the name of an imported log.
        act, reason, credential: what was tried, with what, and why it was refused.
        principal: pseudonym of whom it names; empty for nobody that is known.
        source: pseudonym of the address prefix that it came from.
        client: pseudonym or name of the client that it went through.
        device: pseudonym of the device, or of what stands for it.
        place: pseudonym of the country or network, coarser than the source.
        session: pseudonym of the session that it belongs to.
        grave: whether the rights that are asked for reach far (consent).
        count: how many alike this one stands for.
    """

    at: int
    origin: str
    act: Act = Act.SIGN_IN
    reason: Reason = Reason.NONE
    credential: Credential = Credential.UNKNOWN
    principal: str = ""
    source: str = ""
    client: str = ""
    device: str = ""
    place: str = ""
    session: str = ""
    grave: bool = False
    count: int = 1

    @property
    def good(self) -> bool:
        """Whether it was granted."""
        return self.reason is Reason.NONE

    @property
    def day(self) -> int:
        """The day that it belongs to, UTC, since the epoch."""
        return self.at // DAY


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A sign-in with what was known of its source before it.

    Attributes:
        signin: what it is.
        familiar: whether good sign-ins have come from its source on several days, or it names none.
        shared: whether these were of several principals.
        age: days since the first sign-in that was seen, of any source.
    """

    signin: SignIn
    familiar: bool = False
    shared: bool = False
    age: int = 0
