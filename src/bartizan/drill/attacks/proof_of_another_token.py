"""A genuine proof that was made for one token, shown with another of the same key."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.possession import stolen
from bartizan.drill.target import Target


def _act(target: Target) -> Outcome:
    return stolen(target, "a proof for another token was accepted", token=target.caller())


ATTACK = Attack(
    name="proof-of-another-token",
    control="access.token-bound",
    title="proof for another token",
    skill=3,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 11.7: without `ath` a proof for one token lets a thief use another of the same key",
    references=("AML.T0055", "API2:2023", "CWE-345"),
    weakening="proof_token_unchecked",
    act=_act,
)
