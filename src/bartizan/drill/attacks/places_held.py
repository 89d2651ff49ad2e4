"""On a platform that limits what is under way at once: slow streams that one principal holds open."""

from contextlib import ExitStack

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import CALLER, FLOODER, PLACES, STRICT, Target
from bartizan.drill.trial import trace

_SLOWLY = {"prompt": "count slowly to 100", "stream": True}
_LIMITED = 429


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    door, path = twin.door, twin.door.path("completions")
    token, other = twin.caller(FLOODER), twin.caller(CALLER)
    quick = door.body({"prompt": "hi", "max_tokens": 4})
    with ExitStack() as stack:
        for _ in range(PLACES):
            line = stack.enter_context(door.line())
            line.send(door.request("POST", path, token=token, body=door.body(_SLOWLY)))
            opening = line.recv()
            if not opening.startswith(b"HTTP/1.1 200"):
                return Undecided("a stream within the limit was not served")
        mine = door.send("POST", path, token=token, body=quick)
        theirs = door.send("POST", path, token=other, body=quick)
    if mine.served:
        return GotThrough(f"one principal had more than {PLACES} requests under way", trace(mine))
    if mine.status != _LIMITED or "retry-after" not in mine.headers:
        return Undecided(f"the request beyond the limit was answered {mine.status}", trace(mine))
    if not theirs.served:
        return Undecided(f"a second principal was answered {theirs.status}", trace(mine, theirs))
    for _ in range(_TRIES):
        answer = door.send("POST", path, token=token, body=quick)
        if answer.served:
            return Held(f"limited with 429 beyond {PLACES}; free again once they ended", trace(mine, answer))
        target.sleep(_PAUSE_S)
    return Undecided("the places are not free again although every stream has ended", trace(mine))


_TRIES, _PAUSE_S = 40, 0.05

ATTACK = Attack(
    name="places-held",
    control="gateway.rate-limited",
    title="slow streams held open",
    skill=2,
    stage=Stage.TWIN,
    because="a stream that is never finished holds a place at the model, and few of them hold all (CWE-400)",
    references=("AML.T0029", "LLM10:2025", "API4:2023", "CWE-400"),
    weakening="places_uncounted",
    act=_act,
)
