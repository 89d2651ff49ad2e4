"""Bodies that are no chat request: broken JSON, wrong types, fields that the API does not have."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, unforwarded

_HELLO = '"model":"MODEL","messages":[{"role":"user","content":"hi"}]'
_BODIES = (
    '{"model":"MODEL","messages":[{"role":"user","content":"hi"}]',
    "[" * 10_000,
    '["not an object"]',
    '{"model":"MODEL"}',
    '{"model":"MODEL","messages":"hi"}',
    '{"model":"MODEL","messages":[{"role":"root","content":"hi"}]}',
    f'{{{_HELLO},"top_p":"all of it"}}',
    f'{{{_HELLO},"temperature":1e999}}',
    f'{{{_HELLO},"max_tokens":-1}}',
    f'{{{_HELLO},"no_such_field":true}}',
    f'{{{_HELLO},"user":["a","list"]}}',
)


def _act(target: Target) -> Outcome:
    token = target.caller()
    bodies = [body.replace("MODEL", target.door.model).encode() for body in _BODIES]
    bodies.append(bodies[0].replace(b"hi", b"\xff\xfe") + b"}")
    goal = "a body that is no chat request was forwarded"
    return unforwarded(
        target, lambda: [target.door.chat(body, token=token) for body in bodies], INVALID, goal
    )


ATTACK = Attack(
    name="body-malformed",
    control="gateway.input-valid",
    title="malformed body",
    skill=1,
    stage=Stage.FRONT,
    because="what the gateway cannot read it cannot judge, and the upstream's parser is the attacker's next door",
    references=("AML.T0049", "API8:2023", "CWE-20"),
    weakening="body_unchecked",
    act=_act,
)
