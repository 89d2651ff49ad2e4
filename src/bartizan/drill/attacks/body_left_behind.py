"""Requests that are refused at their head, with a body that is the next request if anybody leaves it lying there."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Answer, Door
from bartizan.drill.target import Target
from bartizan.drill.trial import trace, worst

_TEXT = ("content-type", "text/plain")
_CLOSE = ("connection", "close")
_FORGED = "forged"
_REFUSES = range(400, 500)


def _act(target: Target) -> Outcome:
    return worst([_read(target.door.raw(octets)) for octets in _requests(target.door, target.caller())])


def _requests(door: Door, token: str) -> tuple[bytes, ...]:
    hidden = door.request("GET", door.path("models"), token=token)
    chat, models = door.path("chat/completions"), door.path("models")
    return (
        # CL.0: refused for the route, the type, the token, the expectation; the body is still to be read past.
        door.request("POST", models, token=token, headers=[_CLOSE], body=hidden),
        door.request("POST", chat, token=token, headers=[_CLOSE, _TEXT], body=hidden),
        door.request("POST", chat, token=_FORGED, headers=[_CLOSE], body=hidden),
        door.request("POST", chat, token=token, headers=[_CLOSE, ("expect", "a-miracle")], body=hidden),
        # 0.CL: a request that has no body announces one.
        door.request("GET", models, token=token, headers=[_CLOSE], body=hidden),
    )


def _read(answers: tuple[Answer, ...]) -> Outcome:
    if any(answer.served for answer in answers):
        return GotThrough("the body of a refused request was served as a request", trace(*answers))
    if len(answers) == 1 and answers[0].status in _REFUSES:
        return Held("refused once and closed", trace(*answers))
    told = ", ".join(str(answer.status) for answer in answers) or "nothing"
    return Undecided(f"answered {told} to one request", trace(*answers))


ATTACK = Attack(
    name="body-left-behind",
    control="gateway.input-valid",
    title="body left behind",
    skill=4,
    stage=Stage.FRONT,
    because="a body that a refusal leaves on the connection is the next request of whoever comes next (CL.0, 0.CL)",
    references=("AML.T0049", "API8:2023", "CWE-444"),
    weakening="body_left",
    act=_act,
)
