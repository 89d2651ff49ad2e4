"""An application goes on acting for somebody who has withdrawn what they let it do."""

import json

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage, Undecided
from bartizan.drill.shop import Shop, refresh_of
from bartizan.drill.target import Target
from bartizan.drill.trial import FORBIDDEN, INVALID, PLAIN, UNAUTHENTICATED, refused, trace, worst
from bartizan.drill.visitor import NotSignedIn

_NAME = "drill-shop-withdrawn"
_VERIFIER = "drill-withdrawn" * 2 + "abcdefghijklm"
_GOAL = "an application holds on to what was withdrawn from it"
_LED_ON = 303


def _act(target: Target) -> Outcome:
    scene = target.scene()
    shop, door = Shop(scene.platform, _NAME), scene.door("honest")
    try:
        person = shop.person()
        held = shop.redeem(shop.answer(_VERIFIER, person)["code"], _VERIFIER)
        refresh, token = refresh_of(held), str(json.loads(held.body)["access_token"])
        before = door.chat(PLAIN, token=token)
        withdrawn = person.send("/people/withdraw", csrf=person.form, application=f"workload.{_NAME}")
    except NotSignedIn as fault:
        return fault.undecided
    if before.status in UNAUTHENTICATED or withdrawn.status != _LED_ON:
        what = f"a token and its withdrawal were answered {before.status} and {withdrawn.status}"
        return Undecided(what, trace(before, withdrawn))
    after = door.chat(PLAIN, token=token)
    if after.status in FORBIDDEN:
        return GotThrough(_GOAL, trace(after))
    return worst([refused(shop.refresh(refresh), INVALID, _GOAL), refused(after, UNAUTHENTICATED, _GOAL)])


ATTACK = Attack(
    name="consent-withdrawn",
    control="access.request-authenticated",
    title="application after its person's no",
    skill=1,
    stage=Stage.SCENE,
    because="who takes back what they let an application do wants it to have nothing from then on (RFC 6819 section 5.2.2.4)",
    references=("AML.T0012", "API2:2023", "CWE-613"),
    weakening="withdrawals_unheard",
    act=_act,
)
