"""A token that was good a moment ago, used once more after its end."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import CALLER, GATEWAY, Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused

_LIFE_S = 1


def _act(target: Target) -> Outcome:
    token = target.platform.token(CALLER, GATEWAY, _LIFE_S)
    # Used while it is good, so that a verdict somebody remembered would be found out.
    before = target.door.chat(PLAIN, token=token)
    if not before.served and before.status not in UNAUTHENTICATED:
        return Undecided(f"the token was not judged while it was good: {before.status}")
    target.sleep(_LIFE_S + 0.1)
    after = target.door.chat(PLAIN, token=token)
    return refused(after, UNAUTHENTICATED, "a token was accepted after its end")


ATTACK = Attack(
    name="token-expired",
    control="access.request-authenticated",
    title="expired token",
    skill=1,
    stage=Stage.SAMPLE,
    because="tokens leak into logs and histories; their end is what bounds the damage (RFC 9068 section 4)",
    references=("AML.T0091.000", "API2:2023", "CWE-613"),
    weakening="expiry_unchecked",
    act=_act,
)
