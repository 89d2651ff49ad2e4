"""One principal sends as fast as it can; another must be served all the while."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Answer, read_answer
from bartizan.drill.target import FLOODER, Target
from bartizan.drill.trial import PLAIN, trace

_MOST = 2000
_LIMITED = 429


def _act(target: Target) -> Outcome:
    token = target.caller(FLOODER)
    last, sent = _flood(target, token)
    if last is None:
        return GotThrough(f"{sent} requests in a row were served to one principal")
    if last.status != _LIMITED:
        return Undecided(f"request {sent} of the flood was answered {last.status}", trace(last))
    if "retry-after" not in last.headers:
        return GotThrough("a limited caller is not told when to come back", trace(last))
    other = target.door.chat(PLAIN, token=target.caller())
    if other.status == _LIMITED:
        return GotThrough("one principal's flood locks another one out", trace(last, other))
    if not other.served:
        return Undecided(f"the second principal was answered {other.status}", trace(other))
    return Held(f"limited with 429 after {sent} requests; another was served", trace(last, other))


def _flood(target: Target, token: str) -> tuple[Answer | None, int]:
    """Return the first answer that does not serve, if there is one, and how many requests were sent."""
    door = target.door
    request = door.request("GET", door.path("models"), token=token)
    with door.line() as line:
        for number in range(1, _MOST + 1):
            line.send(request)
            answer = read_answer(line, "GET")
            if not answer.served:
                return answer, number
    return None, _MOST


ATTACK = Attack(
    name="flood",
    control="gateway.rate-limited",
    title="flood by one principal",
    skill=1,
    stage=Stage.SAMPLE,
    because="a loop in one client, or a stolen token, must not cost everybody else the service",
    references=("AML.T0034.000", "AML.T0029", "API4:2023", "CWE-770"),
    weakening="limiter_idle",
    act=_act,
)
