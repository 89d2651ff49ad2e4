"""The forms of claims: one reading or none.

Rules of this file: pure. A claim that is absent or of another form is a named fault, never a default.
"""

import re
from collections.abc import Mapping
from typing import Final

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.refusal import ClaimMissing

_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_CONFIRMED: Final = {"jkt": "key", "x5t#S256": "certificate"}
_LATEST: Final = 2**63 // SECOND
_TEXT: Final = 255


def confirmed(payload: Mapping[str, object]) -> dict[str, str]:
    """Return what the token is bound to; a way to bind that is not known here is no reason to take it unbound.

    Raises:
        ClaimMissing: bound in another way, or in more than one.
    Source: RFC 7800; RFC 9449 section 6.1; RFC 8705 section 3.1.
    """
    if "cnf" not in payload:
        return {}
    bound = payload["cnf"]
    if not isinstance(bound, dict) or len(bound) != 1 or not bound.keys() <= _CONFIRMED.keys():
        raise ClaimMissing("cnf")
    ((name, value),) = bound.items()
    if not isinstance(value, str) or _THUMBPRINT.fullmatch(value) is None:
        raise ClaimMissing("cnf")
    return {_CONFIRMED[name]: value}


def text(payload: Mapping[str, object], claim: str) -> str:
    """Return a claim of 1 to 255 printable characters.

    Raises:
        ClaimMissing: it is absent or something else.
    """
    value = payload.get(claim)
    if not isinstance(value, str) or not is_text(value):
        raise ClaimMissing(claim)
    return value


def is_text(value: str) -> bool:
    """Return whether a value has 1 to 255 characters, all printable."""
    # isprintable also refuses lone surrogates, which no UTF-8 can carry further.
    return 0 < len(value) <= _TEXT and value.isprintable()


def instant(payload: Mapping[str, object], claim: str) -> Nanoseconds:
    """Return a claim of whole seconds since 1970 as UTC nanoseconds.

    Raises:
        ClaimMissing: it is absent or something else.
    """
    value = payload.get(claim)
    # A fraction is refused: an `exp` that two readers round differently has two readings.
    if type(value) is not int or not 0 <= value < _LATEST:
        raise ClaimMissing(claim)
    return Nanoseconds(value * SECOND)


def audience(value: object) -> tuple[str, ...]:
    """Return `aud`, which is one text or several.

    Raises:
        ClaimMissing: it is absent or something else.
    """
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, str) and is_text(each) for each in listed):
        raise ClaimMissing("aud")
    return tuple(listed)
