"""Somebody takes one of the two signatures from the checkpoints, whose key they could break one day."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import covered, unnoticed
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("checkpoints without the Ed25519 signature", lambda copy: copy.strip(0)),
        ("checkpoints without the ML-DSA-44 signature", lambda copy: copy.strip(1)),
    )


ATTACK = Attack(
    name="signature-stripped",
    control="ledger.intact",
    title="stripped signature",
    skill=4,
    stage=Stage.TWIN,
    because="a record that is believed under either signature is as weak as the weaker of the two",
    references=("CWE-347", "CWE-757"),
    weakening="one_signature_enough",
    act=_act,
)
