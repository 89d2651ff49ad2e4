"""Somebody with an owner's copied token asks the Admin API for a link that signs them in as that owner, to stay."""

from bartizan.admin import links, platform
from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import CONTROL, OWNER, STRICT, Target
from bartizan.drill.trial import refused, trace

_AWAITED = frozenset({409})


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    token = twin.token(OWNER, CONTROL, 60)
    honest = twin.door.send("GET", platform.STATUS.at(), token=token)
    if not honest.served:
        return Undecided(f"an owner's call was answered {honest.status}", trace(honest))
    wanted = f'{{"principal": "{OWNER}"}}'.encode()
    answer = twin.door.send("POST", links.LINK.at(), token=token, body=wanted)
    return refused(
        answer, _AWAITED, "a copied token made a link that signs in as its owner, without a second person"
    )


ATTACK = Attack(
    name="link-unapproved",
    control="access.request-authorized",
    title="way in by a copied token",
    skill=2,
    stage=Stage.TWIN,
    because="a token ends within minutes, so whoever copied one makes a way in of their own that lasts",
    references=("API2:2023", "CWE-306"),
    weakening="approvals_given",
    act=_act,
)
