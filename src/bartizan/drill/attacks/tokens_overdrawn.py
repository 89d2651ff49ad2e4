"""On a platform that limits tokens: few requests, each of which costs as much as many."""

import json

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Answer
from bartizan.drill.target import CALLER, FLOODER, STRICT, TOKENS, Target
from bartizan.drill.trial import trace

_MOST = 12
_WORDS = 1500
_LIMITED = 429


def _act(target: Target) -> Outcome:
    door = target.twin(STRICT).door
    token, other = (target.twin(STRICT).caller(name) for name in (FLOODER, CALLER))
    body = door.body({"input": "w " * _WORDS})
    spent, answers = 0, list[Answer]()
    while len(answers) < _MOST and (not answers or answers[-1].served):
        answers.append(door.send("POST", door.path("embeddings"), token=token, body=body))
        spent += _tokens(answers[-1])
    last = answers[-1]
    if last.served or spent > 2 * TOKENS:
        return GotThrough(f"{spent} tokens were served at once, where a minute has {TOKENS}", trace(last))
    if last.status != _LIMITED or "retry-after" not in last.headers:
        return Undecided(f"the request beyond the limit was answered {last.status}", trace(last))
    theirs = door.send(
        "POST", door.path("embeddings"), token=other, body=door.body({"input": "a word of another"})
    )
    if not theirs.served:
        return Undecided(f"a second principal was answered {theirs.status}", trace(last, theirs))
    return Held(f"limited with 429 after {spent} tokens; another was served", trace(last, theirs))


def _tokens(answer: Answer) -> int:
    """Return the tokens that an answer says it cost."""
    try:
        return int(json.loads(answer.body)["usage"]["total_tokens"])
    except (ValueError, LookupError, TypeError):
        return 0


ATTACK = Attack(
    name="tokens-overdrawn",
    control="gateway.rate-limited",
    title="few requests of many tokens",
    skill=2,
    stage=Stage.TWIN,
    because="a model is billed by the token: who may only send few requests sends large ones (OWASP LLM10:2025)",
    references=("AML.T0034.000", "LLM10:2025", "API4:2023", "CWE-770"),
    weakening="tokens_uncounted",
    act=_act,
)
