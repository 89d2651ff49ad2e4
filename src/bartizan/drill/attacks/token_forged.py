"""A token with the right claims and the right key id, signed by the attacker's own key."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.forgery import Forger, read
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused


def _act(target: Target) -> Outcome:
    header, claims = read(target.caller())
    answer = target.door.chat(PLAIN, token=Forger().signed(header, claims))
    return refused(answer, UNAUTHENTICATED, "a token signed by a stranger's key was accepted")


ATTACK = Attack(
    name="token-forged",
    control="access.request-authenticated",
    title="signature by another key",
    skill=2,
    stage=Stage.FRONT,
    because="whoever has seen one token knows its claims; only the signature keeps them from minting more",
    references=("AML.T0091.000", "API2:2023", "CWE-347"),
    weakening="signature_unchecked",
    act=_act,
)
