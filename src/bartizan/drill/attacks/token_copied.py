"""A bound token, copied from a log, shown as a bearer token and with a proof left out."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.possession import Bearing
from bartizan.drill.target import Target
from bartizan.drill.trial import UNAUTHENTICATED, refused, worst


def _act(target: Target) -> Outcome:
    caller = Bearing(target)
    unready = caller.ready()
    if unready is not None:
        return unready
    tries = (
        caller.chat("", scheme="Bearer"),
        caller.chat("", scheme="DPoP"),
        caller.chat(caller.proof(), scheme="Bearer"),
    )
    return worst(
        [refused(each, UNAUTHENTICATED, "a copied token was accepted without its key") for each in tries]
    )


ATTACK = Attack(
    name="token-copied",
    control="access.token-bound",
    title="a bound token without its key",
    skill=1,
    stage=Stage.SAMPLE,
    because="RFC 9449 section 7.1: a token that is bound to a key and taken without it is a bearer token",
    references=("AML.T0055", "API2:2023", "CWE-294"),
    weakening="possession_unchecked",
    act=_act,
)
