"""A proof made ahead of time, by somebody who had the key in hand for a moment: the nonce is guessed, or left out."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.possession import invented, stolen
from bartizan.drill.target import Target
from bartizan.drill.trial import worst


def _act(target: Target) -> Outcome:
    goal = "a proof without a nonce of the gateway's own was accepted"
    return worst([stolen(target, goal, nonce=nonce) for nonce in ("", invented())])


ATTACK = Attack(
    name="proof-made-ahead",
    control="access.token-bound",
    title="proof made ahead of time",
    skill=4,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 11.2: who may use a key for a moment could make proofs for later",
    references=("AML.T0055", "API2:2023", "CWE-294"),
    weakening="proof_nonce_unchecked",
    act=_act,
)
