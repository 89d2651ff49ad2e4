"""A caller whose own words are to go on to whoever collects traces: names, fields, paths, what it asked for."""

import msgspec

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import CALLER, Target

_MARK = "drill-mark"
_FIELDS = (
    ("traceparent", f"00-{'ab' * 16}-{'cd' * 8}-00"),  # and it asks not to be traced
    *((name, _MARK) for name in ("tracestate", "baggage", "user-agent", "referer", "x-request-id")),
)
_SAID = {"messages": [{"role": "user", "content": _MARK}], "user": _MARK}
_ROUNDS, _ROUND_S = 200, 0.05


def _act(target: Target) -> Outcome:
    scene = target.scene()
    token, door = scene.platform.caller(), msgspec.structs.replace(scene.door("honest"), model=_MARK)
    tries = (
        ("POST", door.path("chat/completions"), door.body(_SAID)),
        ("POST", door.path("chat/completions"), door.body({**_SAID, _MARK: _MARK})),
        ("GET", door.path(f"models/{_MARK}"), b""),
    )
    answers = [
        door.send(method, path, token=token, headers=_FIELDS, body=body) for method, path, body in tries
    ]
    asked = untold = {answer.request for answer in answers if answer.request}
    if not answers[0].served or len(asked) != len(tries):
        return Undecided(f"answered {answers[0].status}; {len(asked)} of {len(tries)} requests were named")
    for _ in range(_ROUNDS):
        told = [repr((one.path, one.fields)).encode() + one.body for one in scene.arrived("collector")]
        for what in (_MARK, token, CALLER):
            if any(what.encode() in octets for octets in told):
                return GotThrough(
                    "what a caller wrote, or its token or name, went to whoever collects traces"
                )
        untold = {request for request in asked if not any(request.encode() in octets for octets in told)}
        if not untold:
            return Held(f"{len(asked)} requests were told of, in names and numbers alone")
        target.sleep(_ROUND_S)
    return Undecided(f"of {len(asked)} requests, {len(untold)} were never told to the collector")


ATTACK = Attack(
    name="traces-written",
    control="gateway.monitored",
    title="own words in the traces",
    skill=2,
    stage=Stage.SCENE,
    because="traces leave the house and many read them: a prompt or a token in one has leaked, a forged one misleads",
    references=("LLM02:2025", "CWE-117", "CWE-532"),
    weakening="models_told",
    act=_act,
)
