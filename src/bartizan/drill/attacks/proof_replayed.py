"""A whole request, recorded and sent once more: token and proof are genuine."""

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.possession import Bearing
from bartizan.drill.target import Target
from bartizan.drill.trial import UNAUTHENTICATED, refused, trace


def _act(target: Target) -> Outcome:
    caller = Bearing(target)
    unready = caller.ready()
    if unready is not None:
        return unready
    proof = caller.proof()
    first = caller.chat(proof)
    if not first.served:
        return Undecided(f"an honest proof was answered {first.status}", trace(first))
    return refused(caller.chat(proof), UNAUTHENTICATED, "a proof that was used before was accepted again")


ATTACK = Attack(
    name="proof-replayed",
    control="access.token-bound",
    title="replayed proof",
    skill=2,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 11.1: who records a request can repeat it for as long as its proof is good",
    references=("AML.T0055", "API2:2023", "CWE-294"),
    weakening="proofs_unremembered",
    act=_act,
)
