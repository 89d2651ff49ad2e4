"""Bodies of every API that two readers would read differently, a doubled member hidden behind an escape."""

from collections.abc import Sequence

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage, Undecided
from bartizan.drill.door import Answer, Door
from bartizan.drill.target import Scene, Target
from bartizan.drill.trial import INVALID, unreached, worst

_MESSAGES = "/claude/v1/messages"
_SAID = [("anthropic-version", "2023-06-01")]
# As many colons outside strings as the encoding of what is kept has: one of them is written as an escape.
_DOUBLED = {
    _MESSAGES: (
        r'{"model":"a","max_tokens":9,"max_tokens":8,"messages":[{"role":"user","content":"\u003a"}]}',
        r'{"model":"a","max_tokens":9,"messages":[{"role":"user","content":"hi","content":"\u003a"}]}',
        r'{"model":"a","model":"b","max_tokens":9,"messages":[{"role":"user","content":"\u003A"}]}',
    ),
    "/honest/v1/responses": (r'{"model":"a","input":"hi","input":"\u003a"}',),
    "/azure/openai/v1/responses": (r'{"model":"a","model":"b","input":"\u003a"}',),
}
_ODD = r'{ "\u006dodel" : "a", "max_tokens":9 ,"messages":[{"role":"user","content":"\u0068i"}]}'


def _act(target: Target) -> Outcome:
    scene = target.scene()
    token = scene.platform.caller()
    (odd,) = _send(scene.door("claude"), _MESSAGES, (_ODD,), token)
    came = scene.arrived("claude")
    if not odd.served or not came:
        return Undecided(f"a body with escapes was answered {odd.status}")
    if any(one.body == _ODD.encode() for one in came):
        return GotThrough("a body went on as it came, and not as it was read")
    return worst([_try(scene, path, bodies, token) for path, bodies in _DOUBLED.items()])


def _try(scene: Scene, path: str, bodies: Sequence[str], token: str) -> Outcome:
    service = path.split("/")[1]
    return unreached(
        scene,
        service,
        lambda: _send(scene.door(service), path, bodies, token),
        INVALID,
        "a body with a doubled member was taken: the service may read the one that nobody judged",
        lambda arrived: arrived.path == path,
    )


def _send(door: Door, path: str, bodies: Sequence[str], token: str) -> list[Answer]:
    return [door.send("POST", path, token=token, headers=_SAID, body=body.encode()) for body in bodies]


ATTACK = Attack(
    name="body-read-twice",
    control="gateway.input-valid",
    title="doubled keys behind escapes",
    skill=4,
    stage=Stage.SCENE,
    because="of two members of one name the gateway judges the first and the service obeys the last (RFC 8259 section 4)",
    references=("AML.T0054", "API8:2023", "CWE-436"),
    weakening="escapes_unread",
    act=_act,
)
