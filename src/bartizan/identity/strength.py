"""How a person signed in, and whether that is enough for what is asked for (step-up).

Rules of this file: pure. What a token does not say was not done: a program's token never suffices, nor one of an external
issuer, whose words for it are its own.
Source: RFC 9470 sections 3 and 6.1.
"""

from typing import Final

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.verified import PASSKEYS, Verified, acr

ACRS: Final = tuple(acr(passkey) for passkey in PASSKEYS)
"""How people sign in here: what `acr` of our own tokens may say."""
INSUFFICIENT: Final = "sign-in-insufficient"
"""The reason of a refusal that another sign-in does away with."""
WHAT: Final = "this asks for a person who signed in otherwise, or more lately; send them to sign in as the challenge says"


class Strength(msgspec.Struct, frozen=True):
    """How a person must have signed in.

    Attributes:
        acr: any of these will do; none is any.
        max_age_s: how long ago, seconds; 0 is any time.
    """

    acr: tuple[str, ...] = ()
    max_age_s: int = 0

    @classmethod
    def after(cls, since: Nanoseconds, now: Nanoseconds) -> "Strength":
        """Return what asks for a sign-in after an instant: by any passkey, no longer ago than that is."""
        return cls(max_age_s=max(1, (now - since) // SECOND))

    def holds(self, verified: Verified, now: Nanoseconds) -> bool:
        """Return whether a sign-in is enough.

        Args:
            verified: how the person was, in it.
            now: the instant of the request.
        """
        lately = not self.max_age_s or now - verified.at <= self.max_age_s * SECOND
        return bool(verified.passkey) and lately and (not self.acr or acr(verified.passkey) in self.acr)

    def challenge(self, scheme: str) -> str:
        """Return the value of WWW-Authenticate that asks for it.

        Args:
            scheme: that the token was shown under, `Bearer` or `DPoP`.
        """
        said = [
            f'{scheme} realm="bartizan"',
            'error="insufficient_user_authentication"',
            'error_description="the person must sign in again, as said here"',
        ]
        if self.acr:
            said.append(f'acr_values="{" ".join(self.acr)}"')
        if self.max_age_s:
            said.append(f'max_age="{self.max_age_s}"')
        return ", ".join(said)
