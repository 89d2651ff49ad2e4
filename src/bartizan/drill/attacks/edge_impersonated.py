"""Somebody asks for decisions as only the operator's Envoy may, to learn what a token opens or to be let through."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import refused, worst

_NOWHERE = frozenset({404})
_SHOWN = ("", "0" * 64, "true", "Bearer", "reports")


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("reports"), scene.platform.caller()
    goal = "decisions were given to somebody who did not show the edge's secret"
    answers = [
        door.send(
            method,
            "/ext-authz/reports/of/2026",
            token=token,
            headers=[("x-envoy-internal", "true"), *([("x-bartizan-edge", shown)] if shown else [])],
        )
        for shown in _SHOWN
        for method in ("GET", "DELETE")
    ]
    return worst([refused(answer, _NOWHERE, goal) for answer in answers])


ATTACK = Attack(
    name="edge-impersonated",
    control="access.request-authenticated",
    title="questions in the edge's name",
    skill=2,
    stage=Stage.SCENE,
    because="who may ask what a token opens can try stolen ones unseen, and who is believed lets themselves in",
    references=("API2:2023", "CWE-306", "CWE-290"),
    weakening="edge_unasked",
    act=_act,
)
