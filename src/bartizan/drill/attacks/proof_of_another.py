"""A stolen token with a proof that the thief makes with a key of their own."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.possession import stolen
from bartizan.drill.target import Target
from bartizan.identity.holder import Holder


def _act(target: Target) -> Outcome:
    return stolen(target, "a proof by another key than the token's was accepted", holder=Holder())


ATTACK = Attack(
    name="proof-of-another",
    control="access.token-bound",
    title="proof by the thief's own key",
    skill=2,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 4.3: the proof's key must be the one that the token is bound to",
    references=("AML.T0055", "API2:2023", "CWE-345"),
    weakening="proof_key_unchecked",
    act=_act,
)
