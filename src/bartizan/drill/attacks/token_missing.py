"""A request without any token."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused


def _act(target: Target) -> Outcome:
    answer = target.door.chat(PLAIN, token="")
    return refused(answer, UNAUTHENTICATED, "a request without any token was answered")


ATTACK = Attack(
    name="token-missing",
    control="access.request-authenticated",
    title="no token",
    skill=1,
    stage=Stage.FRONT,
    because="the first thing anybody tries is to leave the credential out (OWASP API2:2023)",
    references=("AML.T0040", "API2:2023", "CWE-306"),
    weakening="token_missing",
    act=_act,
)
