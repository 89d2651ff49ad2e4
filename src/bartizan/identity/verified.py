"""How a person proved who they are, as the sign-in behind a token or a session has it: by which kind of passkey, and when.

Rules of this file: pure. Only our own sign-in says this; what it does not say is not so. Whether a passkey may be on several
devices is what its authenticator says (flag BE of WebAuthn, section 6.1.3): nothing attests it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.identity.claim import instant, text

DEVICE_BOUND: Final = "device-bound"
"""A passkey that stays on one device, and was added on the word of nothing less."""
SYNCED: Final = "synced"
"""A passkey that may be on several devices, or that was added on the word of one."""
PASSKEYS: Final = (DEVICE_BOUND, SYNCED)
"""The kinds of passkeys, in the words of policies."""
_ACR: Final = {f"passkey-{kind}": kind for kind in PASSKEYS}


class Verified(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How somebody was verified.

    Attributes:
        passkey: a word of `PASSKEYS`; empty where it was by none, or nobody knows.
        at: when, UTC nanoseconds; 0 where nobody knows.
    """

    passkey: str = ""
    at: Nanoseconds = Nanoseconds(0)


UNVERIFIED: Final = Verified()
"""Nobody was, as far as is known: a client's own credential, a link, another issuer's word."""


def acr(passkey: str) -> str:
    """Return what `acr` says of a sign-in by a passkey of this kind; empty for no passkey."""
    return f"passkey-{passkey}" if passkey in PASSKEYS else ""


def verified(payload: Mapping[str, object]) -> Verified:
    """Return what a token of our own issuer says of the sign-in behind it.

    Raises:
        ClaimMissing: a claim is of another form.
    Source: RFC 9068 section 2.2.1.
    """
    passkey = _ACR.get(text(payload, "acr"), "") if "acr" in payload else ""
    if not passkey or "auth_time" not in payload:
        return UNVERIFIED
    return Verified(passkey, instant(payload, "auth_time"))
