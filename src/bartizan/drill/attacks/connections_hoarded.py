"""On a platform of few connections: one principal takes them all, its token shown on each, and lets them rest."""

from contextlib import ExitStack

from bartizan.drill.attack import Attack, Outcome, Stage, Undecided
from bartizan.drill.door import read_answer
from bartizan.drill.target import CONNECTIONS, OUTSIDER, STRICT, Target
from bartizan.drill.trial import served_beside

_KNOWN = frozenset({200, 403, 429})
"""How somebody is answered whose token is good, whatever it opens."""


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    door, token = twin.door, twin.caller()
    request = door.request("GET", door.path("models"), token=twin.caller(OUTSIDER))
    with ExitStack() as stack:
        for number in range(CONNECTIONS):
            line = stack.enter_context(door.line())
            line.send(request)
            told = read_answer(line, "GET")
            if told.status not in _KNOWN or told.headers.get("connection") == "close":
                return Undecided(f"connection {number + 1} was answered {told.status}, or ended then")
        crowd = f"{CONNECTIONS} connections of one principal"
        return served_beside(door, crowd, token=token)


ATTACK = Attack(
    name="connections-hoarded",
    control="gateway.rate-limited",
    title="every connection taken by one",
    skill=2,
    stage=Stage.TWIN,
    because="any token, even one that opens nothing, is enough to hold what others need, and rests cost nothing (CWE-400)",
    references=("AML.T0029", "API4:2023", "CWE-400"),
    weakening="connections_unshared",
    act=_act,
)
