"""A stolen token with a genuine proof that was made for another endpoint."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.possession import stolen
from bartizan.drill.target import Target


def _act(target: Target) -> Outcome:
    return stolen(target, "a proof for another endpoint was accepted", route="embeddings")


ATTACK = Attack(
    name="proof-elsewhere",
    control="access.token-bound",
    title="proof for another endpoint",
    skill=3,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 4.3: a server that gets a proof could otherwise use it at another",
    references=("AML.T0055", "API2:2023", "CWE-346"),
    weakening="proof_place_unchecked",
    act=_act,
)
