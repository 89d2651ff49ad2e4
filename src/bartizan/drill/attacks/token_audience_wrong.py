"""A genuine token that was issued for another service."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import CALLER, CONTROL, Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused


def _act(target: Target) -> Outcome:
    answer = target.door.chat(PLAIN, token=target.platform.token(CALLER, CONTROL, 60))
    return refused(answer, UNAUTHENTICATED, "a token for another audience was accepted")


ATTACK = Attack(
    name="token-audience-wrong",
    control="access.request-authenticated",
    title="token for another service",
    skill=2,
    stage=Stage.FRONT,
    because="a service that one hands a token to could replay it here (RFC 8725 section 3.9)",
    references=("AML.T0091.000", "API2:2023", "CWE-863"),
    weakening="audience_unchecked",
    act=_act,
)
