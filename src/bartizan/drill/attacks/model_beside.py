"""A request to one deployment of Azure's whose body asks for another model beside it."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, PLAIN

_PATH = "/azure/openai/deployments/small/chat/completions"
_QUERY = "?api-version=2024-10-21"


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("azure"), scene.platform.caller()
    body = door.body(PLAIN).replace(b'"sample"', b'"large"')
    answer = door.send("POST", _PATH + _QUERY, token=token, body=body)
    came = [one for one in scene.arrived("azure") if one.path.startswith("/azure/openai/deployments/")]
    if any(b"large" in one.body or not one.path.startswith(_PATH) for one in came):
        return GotThrough("the service reads another model than the one that was decided on")
    if answer.status in INVALID:
        return Held(f"refused with {answer.status}")
    if not answer.served or not came:
        return Undecided(f"answered {answer.status}; {len(came)} requests came")
    return Held("the model beside the deployment did not go on")


ATTACK = Attack(
    name="model-beside",
    control="gateway.input-valid",
    title="another model in the body",
    skill=2,
    stage=Stage.SCENE,
    because="limits and prices are decided on one name of a model; who slips in another gets the dear one for the cheap",
    references=("AML.T0034.000", "API8:2023", "CWE-436"),
    weakening="models_beside",
    act=_act,
)
