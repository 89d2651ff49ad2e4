"""An agent without any permission has a caller's token exchanged for one of its own, and calls what the caller may."""

import json

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import FORBIDDEN, PLAIN, formed, refused, trace

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_KIND = "urn:ietf:params:oauth:token-type:access_token"


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("honest"), scene.platform.caller()
    before = door.chat(PLAIN, token=token)
    client, secret = scene.platform.client("drill-agent", ("agent",), "")
    exchanged = formed(
        *(door, "/oauth/token"),
        grant_type=_EXCHANGE,
        subject_token=token,
        subject_token_type=_KIND,
        client_id=client,
        client_secret=secret,
    )
    if not before.served or not exchanged.served:
        what = f"what is permitted was answered {before.status} and {exchanged.status}"
        return Undecided(what, trace(before, exchanged))
    lent = str(json.loads(exchanged.body)["access_token"])
    answer = door.chat(PLAIN, token=lent)
    return refused(
        answer, FORBIDDEN, "an agent was served what it may not do, for it acted for somebody who may"
    )


ATTACK = Attack(
    name="agent-unpermitted",
    control="access.request-authorized",
    title="agent with another's permission",
    skill=2,
    stage=Stage.SCENE,
    because="an agent that may all that its users may is worth more to a thief than any of them (RFC 8693 section 5)",
    references=("AML.T0012", "LLM06:2025", "CWE-441"),
    weakening="agents_unasked",
    act=_act,
)
