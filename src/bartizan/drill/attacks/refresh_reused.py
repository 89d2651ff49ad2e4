"""A thief has an application's refresh token of yesterday, which was used since, and asks with it again."""

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage
from bartizan.drill.shop import Shop, refresh_of
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, refused, trace, worst
from bartizan.drill.visitor import NotSignedIn

_VERIFIER = "drill-refresh" * 3 + "abcd"
_GOAL = "a refresh token that was used before was good once more"


def _act(target: Target) -> Outcome:
    shop = Shop(target.scene().platform, "drill-shop-refresh")
    try:
        copied = refresh_of(shop.redeem(shop.answer(_VERIFIER)["code"], _VERIFIER))
        newest = refresh_of(shop.refresh(copied))
    except NotSignedIn as fault:
        return fault.undecided
    again, after = shop.refresh(copied), shop.refresh(newest)
    if after.served and not again.served:
        return GotThrough(
            "the newest token is good still, though one of them is a thief's", trace(again, after)
        )
    return worst([refused(again, INVALID, _GOAL), refused(after, INVALID, _GOAL)])


ATTACK = Attack(
    name="refresh-reused",
    control="access.request-authenticated",
    title="refresh token used again",
    skill=2,
    stage=Stage.SCENE,
    because="a copied refresh token is a way in for weeks, and only its second use shows that there is a copy (RFC 9700, 4.14)",
    references=("API2:2023", "CWE-294"),
    weakening="refreshes_reusable",
    act=_act,
)
