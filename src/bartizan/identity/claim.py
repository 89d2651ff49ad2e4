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
_ACTOR: Final = frozenset({"sub", "registration", "act"})
_LATEST: Final = 2**63 // SECOND
_TEXT: Final = 255
MOST_ACTORS: Final = 4
"""Who may act for a principal, one on behalf of the other."""
Actor = tuple[str, str]
"""Id of a principal that acts for another, and its `principal.registration`."""


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


def actors(payload: Mapping[str, object]) -> tuple[Actor, ...]:
    """Return who acts for the subject, whoever acts now first, then whom that one acts on behalf of.

    Raises:
        ClaimMissing: it is of another form, or there are more than `MOST_ACTORS`.
    Source: RFC 8693 section 4.1.
    """
    found: list[Actor] = []
    said = payload
    while "act" in said:
        inner = said["act"]
        if not isinstance(inner, dict) or not inner.keys() <= _ACTOR or len(found) >= MOST_ACTORS:
            raise ClaimMissing("act")
        found.append((text(inner, "sub"), text(inner, "registration")))
        said = inner
    return tuple(found)


def parents(payload: Mapping[str, object]) -> tuple[str, ...]:
    """Return the ids of the tokens that this one was exchanged for, the nearest first.

    Raises:
        ClaimMissing: it is of another form, or there are more than `MOST_ACTORS`.
    """
    said = payload.get("parents", [])
    if not isinstance(said, list) or len(said) > MOST_ACTORS:
        raise ClaimMissing("parents")
    if not all(isinstance(each, str) and is_text(each) for each in said):
        raise ClaimMissing("parents")
    return tuple(said)
