"""A stranger who knows whose clients there are tries a few secrets with each of them, as fast as it can."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.forgery import read
from bartizan.drill.target import CALLER, FLOODER, OUTSIDER, STRICT, Target
from bartizan.drill.trial import asked_for_token, trace

_SECRETS = 12
_MOST_LOOKED_AT = 30
"""Tries that a source has before it is slowed down, and what a slow machine adds to them."""
_LOOKED_AT, _SLOWED = 401, 429


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    clients = [str(read(twin.caller(who))[1]["client_id"]) for who in (CALLER, FLOODER, OUTSIDER)]
    answers = [
        asked_for_token(twin.door, client, f"bartizan_{number}")
        for number in range(_SECRETS)
        for client in clients
    ]
    if any(answer.served for answer in answers):
        return GotThrough("a guessed secret was good", trace(*answers))
    statuses = [answer.status for answer in answers]
    if set(statuses) - {_LOOKED_AT, _SLOWED}:
        return Undecided(f"answered {', '.join(map(str, sorted(set(statuses))))}")
    looked = statuses.count(_LOOKED_AT)
    if looked > _MOST_LOOKED_AT:
        return GotThrough(
            f"{looked} secrets in a row were looked at, from one place and as fast as they came"
        )
    return Held(f"{looked} secrets were looked at, then the source was slowed down", trace(*answers))


ATTACK = Attack(
    name="spraying",
    control="access.login-anomaly",
    title="secrets sprayed over clients",
    skill=2,
    stage=Stage.TWIN,
    because="few tries with each of many stay below every limit of one of them (ATT&CK T1110.003)",
    references=("AML.T0012", "API2:2023", "CWE-307"),
    weakening="throttle_idle",
    act=_act,
)
