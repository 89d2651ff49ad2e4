"""A stranger with a list of leaked credentials tries them one after the other, each with a name of its own."""

import secrets

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import STRICT, Platform, Target
from bartizan.drill.trial import asked_for_token, trace

_TRIES = 40
_ROUNDS, _ROUND_S = 200, 0.05
_FLAGGED = "access.login.flagged"
_KINDS = frozenset({"credential-stuffing", "password-spraying"})


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    since = twin.size()
    answers = [
        asked_for_token(twin.door, f"c-{secrets.token_hex(8)}", secrets.token_urlsafe(32))
        for _ in range(_TRIES)
    ]
    tried = sum(not answer.served for answer in answers)
    if tried < _TRIES:
        return GotThrough("credentials that nobody has were good", trace(*answers))
    recorded = 0
    for _ in range(_ROUNDS):
        if _is_flagged(twin):
            return Held(f"flagged within seconds of {tried} tries", trace(*answers))
        recorded = sum(
            int(entry.event.detail.get("count", 0))
            for entry in twin.entries(since)
            if entry.event.kind == "access.token.refused"
        )
        target.sleep(_ROUND_S)
    if recorded < tried:
        return Undecided(f"{tried} were tried, {recorded} of them are on record", trace(*answers))
    return GotThrough(f"{tried} leaked credentials were tried from one place, and nothing was flagged")


def _is_flagged(twin: Platform) -> bool:
    """Return whether one source was flagged; it is flagged once a day, so that an earlier attack may have done it."""
    return any(
        entry.event.kind == _FLAGGED and entry.event.detail.get("kind") in _KINDS for entry in twin.entries(0)
    )


ATTACK = Attack(
    name="stuffing",
    control="access.login-anomaly",
    title="leaked credentials tried",
    skill=2,
    stage=Stage.TWIN,
    because="a list of leaked credentials finds whoever used one of them here as well (ATT&CK T1110.004)",
    references=("AML.T0012", "API2:2023", "CWE-307"),
    weakening="signins_unwatched",
    act=_act,
)
