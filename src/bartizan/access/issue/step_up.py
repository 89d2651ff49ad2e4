"""How an application wants its person to sign in, and what is to be done where they did not so.

Rules of this file: pure. Whoever signs in after a request was pushed did so lately enough for it, whatever it says: so
nobody is sent around twice. What cannot be had here is refused, never left out in silence.
Source: RFC 9470 sections 4 and 5; OpenID Connect Core 3.1.2.1 (prompt, max_age, acr_values).
"""

import enum
import re
from collections.abc import Mapping
from typing import Final

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.strength import ACRS

LOGIN: Final = "login"
"""The one word that `prompt` may be."""
UNMET: Final = GrantFault.UNMET_AUTHENTICATION_REQUIREMENTS.value
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


class Step(enum.Enum):
    """What a person's sign-in is, for what an application wants of it."""

    ENOUGH = "enough"
    AGAIN = "again"
    """They are to sign in once more."""
    UNMET = "unmet"
    """They did so since they were asked, and still not as it is wanted."""


def read_wanted(form: Mapping[str, str]) -> tuple[tuple[str, ...], int | None]:
    """Return which `acr` will do, and the greatest age of the sign-in in seconds, None for any.

    Raises:
        GrantRefused: no sign-in here is as it is wanted, or a parameter is not of its form.
    """
    if form.get("prompt", LOGIN) != LOGIN:
        raise GrantRefused(
            GrantFault.INVALID_REQUEST, f"prompt may be {LOGIN} alone: people are asked when they have to be"
        )
    wanted = tuple(dict.fromkeys(form.get("acr_values", "").split()))
    known = tuple(each for each in wanted if each in ACRS)
    if wanted and not known:
        what = f"people sign in here by {' or '.join(ACRS)}, and not as acr_values says"
        raise GrantRefused(GrantFault.UNMET_AUTHENTICATION_REQUIREMENTS, what)
    age = form.get("max_age", "0" if "prompt" in form else "")
    if age and _SECONDS.fullmatch(age) is None:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "max_age must be whole seconds")
    return known, 0 if "prompt" in form else int(age) if age else None


def step(
    acr: tuple[str, ...],
    max_age_s: int | None,
    asked: Nanoseconds,
    done: tuple[str, Nanoseconds],
    now: Nanoseconds,
) -> Step:
    """Return what a sign-in is for a request.

    Args:
        acr, max_age_s: that the request wants.
        asked: when it was pushed.
        done: how the person signed in, and when, UTC nanoseconds.
        now: the instant.
    """
    how, since = done
    since_then = since >= asked
    lately = since_then or max_age_s is None or (max_age_s > 0 and now - since <= max_age_s * SECOND)
    if lately and (not acr or how in acr):
        return Step.ENOUGH
    return Step.UNMET if since_then else Step.AGAIN
