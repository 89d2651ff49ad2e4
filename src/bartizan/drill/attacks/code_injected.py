"""Somebody who stole the code of another person's sign-in puts it into a session of their own with the same application."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.shop import Shop
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, refused
from bartizan.drill.visitor import NotSignedIn

_VICTIMS, _ATTACKERS = "drill-victims" * 3 + "abcd", "drill-attacks" * 3 + "abcd"
"""Of either session with the application: it redeems a code with that of the session in which it came."""


def _act(target: Target) -> Outcome:
    shop = Shop(target.scene().platform, "drill-shop-code")
    try:
        stolen = shop.answer(_VICTIMS)["code"]
    except NotSignedIn as fault:
        return fault.undecided
    goal = "a code that was stolen signed somebody else in as its owner"
    return refused(shop.redeem(stolen, _ATTACKERS), INVALID, goal)


ATTACK = Attack(
    name="code-injected",
    control="access.request-authenticated",
    title="stolen code in another's session",
    skill=2,
    stage=Stage.SCENE,
    because="a code goes through browsers, their histories and logs; whoever finds one there is its person (RFC 9700, 4.5)",
    references=("API2:2023", "CWE-345"),
    weakening="verifiers_unchecked",
    act=_act,
)
