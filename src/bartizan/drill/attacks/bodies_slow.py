"""Bodies that are announced and never come, an octet now and then, by somebody with a token."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import FLOODER, Target
from bartizan.drill.trickle import opening, trickled

_ANNOUNCED = 4096


def _act(target: Target) -> Outcome:
    scene = target.scene()
    begun = opening(scene.door("honest"), scene.platform.caller(FLOODER), _ANNOUNCED)
    return trickled(target, begun, "bodies")


ATTACK = Attack(
    name="bodies-slow",
    control="gateway.input-valid",
    title="bodies that never end",
    skill=2,
    stage=Stage.SCENE,
    because="each half body holds memory until it is whole: it need never be (slow POST, CWE-400)",
    references=("AML.T0029", "API4:2023", "CWE-400"),
    weakening="bodies_awaited",
    act=_act,
)
