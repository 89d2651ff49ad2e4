"""A caller of services takes its token to the Admin API: reads who is registered, registers, revokes."""

import secrets

from bartizan.admin import platform, principals, tokens
from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import CALLER, CONTROL, OWNER, STRICT, Target
from bartizan.drill.trial import FORBIDDEN, refused, trace, worst

_GOAL = "the Admin API did for a caller of services what is for administrators"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    honest = twin.door.send("GET", platform.STATUS.at(), token=twin.token(OWNER, CONTROL, 60))
    if not honest.served:
        return Undecided(f"an owner's call was answered {honest.status}", trace(honest))
    token, name = twin.token(CALLER, CONTROL, 60), secrets.token_hex(8)
    planted = f'{{"name": "drill-{name}", "roles": []}}'.encode()
    answers = (
        twin.door.send("GET", principals.LIST.at(), token=token),
        twin.door.send("POST", principals.REGISTER.at(), token=token, body=planted),
        twin.door.send(
            "PUT", tokens.REVOKE.at(token=f"t-{name}"), token=token, headers=[("content-length", "0")]
        ),
    )
    return worst([refused(answer, FORBIDDEN, _GOAL) for answer in answers])


ATTACK = Attack(
    name="admin-above-role",
    control="access.request-authorized",
    title="administration by a caller",
    skill=1,
    stage=Stage.TWIN,
    because="a good token is soon tried on what is next to its service (broken function level authorization)",
    references=("API5:2023", "CWE-862"),
    weakening="calls_unasked",
    act=_act,
)
