"""An application that knows two authorization servers is led to take an answer of this one for one of the attacker's."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage
from bartizan.drill.shop import Shop
from bartizan.drill.target import Target
from bartizan.drill.visitor import NotSignedIn, Visitor

_VERIFIER = "drill-mixed-up" * 3 + "a"


def _act(target: Target) -> Outcome:
    twin = target.scene().platform
    try:
        came = Shop(twin, "drill-shop-mixed").answer(_VERIFIER)
    except NotSignedIn as fault:
        return fault.undecided
    if came.get("iss") != Visitor(twin, "drill-shop-mixed-guest").origin:
        return GotThrough(
            "nothing in an answer says whose it is, so its code is taken to whoever asks for it"
        )
    return Held("the answer says which server it is of")


ATTACK = Attack(
    name="issuer-mixed-up",
    control="access.request-authenticated",
    title="answer taken for another server's",
    skill=3,
    stage=Stage.SCENE,
    because="an application takes a code to the server that it believes to have asked, be it an attacker's (RFC 9207)",
    references=("API2:2023", "CWE-346"),
    weakening="answers_nobodys",
    act=_act,
)
