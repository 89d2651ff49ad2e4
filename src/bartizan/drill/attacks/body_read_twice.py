"""A body of Anthropic's API that two readers would read differently, its doubled member hidden behind an escape."""

from bartizan.drill.attack import Attack, GotThrough, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import INVALID, unreached

_PATH = "/claude/v1/messages"
_SAID = [("anthropic-version", "2023-06-01")]
_DOUBLED = (
    # As many colons outside strings as the encoding of what is kept has: one of them is written as an escape.
    r'{"model":"a","max_tokens":9,"max_tokens":8,"messages":[{"role":"user","content":"\u003a"}]}',
    r'{"model":"a","max_tokens":9,"messages":[{"role":"user","content":"hi","content":"\u003a"}]}',
    r'{"model":"a","model":"b","max_tokens":9,"messages":[{"role":"user","content":"\u003A"}]}',
)
_ODD = r'{ "\u006dodel" : "a", "max_tokens":9 ,"messages":[{"role":"user","content":"\u0068i"}]}'


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("claude"), scene.platform.caller()
    odd = door.send("POST", _PATH, token=token, headers=_SAID, body=_ODD.encode())
    came = scene.arrived("claude")
    if not odd.served or not came:
        return Undecided(f"a body with escapes was answered {odd.status}")
    if any(one.body == _ODD.encode() for one in came):
        return GotThrough("a body went on as it came, and not as it was read")
    return unreached(
        scene,
        "claude",
        lambda: [
            door.send("POST", _PATH, token=token, headers=_SAID, body=body.encode()) for body in _DOUBLED
        ],
        INVALID,
        "a body with a doubled member was taken: the service may read the one that nobody judged",
    )


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
