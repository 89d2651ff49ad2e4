"""A caller whose own header fields tell the service behind who asks, from where and for what."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN

_MARK = "drill-mark"
_FIELDS = (
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-user",
    "x-forwarded-client-cert",
    "forwarded",
    "via",
    "x-real-ip",
    "x-user",
    "x-original-url",
    "x-rewrite-url",
    "x-original-method",
    "x-http-method-override",
    "x-envoy-original-path",
    "x-envoy-decorator-operation",
    "x-envoy-external-address",
    "x-bartizan-principal",
    "cookie",
    "dpop",
    "proxy-authorization",
    "tracestate",
    "openai-organization",
)


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, path = scene.door("honest"), scene.door("honest").path("chat/completions")
    said = [(name, f"/{_MARK}") for name in _FIELDS]
    answer = door.send("POST", path, token=scene.platform.caller(), headers=said, body=door.body(PLAIN))
    came = [one for one in scene.arrived("honest") if one.fields.get("x-request-id") == answer.request]
    if not answer.served or len(came) != 1:
        return Undecided(f"answered {answer.status}; {len(came)} requests came to the service")
    carried = sorted(name for name, value in came[0].fields.items() if _MARK in value)
    if carried or came[0].path != path or "authorization" in came[0].fields:
        return GotThrough(f"the service read what the caller wrote: {', '.join(carried) or came[0].path}")
    return Held(f"none of {len(_FIELDS)} fields, nor the caller's token, reached the service")


ATTACK = Attack(
    name="fields-carried",
    control="gateway.input-valid",
    title="forged forwarding fields",
    skill=2,
    stage=Stage.SCENE,
    because="services behind a gateway believe X-Original-URL, X-Forwarded-User and their like, which anybody can write",
    references=("API8:2023", "CWE-348", "CWE-807"),
    weakening="fields_passed",
    act=_act,
)
