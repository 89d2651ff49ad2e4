"""Requests that ask for one token and are answered with thousands, each within what it was expected to cost."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN

_LIMITED = 429
_TRIES = 4


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("meter"), scene.platform.caller()
    answers = [door.chat({**PLAIN, "max_tokens": 1}, token=token) for _ in range(_TRIES)]
    served = sum(answer.served for answer in answers)
    if served > 1:
        return GotThrough(f"{served} answers of thousands of tokens, each paid for as one token")
    if not served or any(answer.status != _LIMITED for answer in answers if not answer.served):
        return Undecided(f"answered {', '.join(str(answer.status) for answer in answers)}")
    return Held("limited with 429 after one answer that cost more than it said")


ATTACK = Attack(
    name="tokens-understated",
    control="gateway.rate-limited",
    title="answers dearer than they said",
    skill=2,
    stage=Stage.SCENE,
    because="a limit that believes max_tokens is paid by whoever declares least (OWASP LLM10:2025)",
    references=("AML.T0034.000", "LLM10:2025", "CWE-770"),
    weakening="answers_unpaid",
    act=_act,
)
