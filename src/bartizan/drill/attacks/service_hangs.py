"""A service that takes requests and never answers, to hold its callers and the gateway's places for ever."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Answer, Door, read_answer
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, recorded
from bartizan.ledger.event import Outcome as Word

_TOO_LATE = 504
_WAIT_S = 10.0
"""Ten times what the service's deadline is."""


def _act(target: Target) -> Outcome:
    scene = target.scene()
    platform, token = scene.platform, scene.platform.caller()
    since = platform.size()
    answer = _ask(scene.door("hangs"), token)
    if answer is None:
        return GotThrough("a service that says nothing holds its callers")
    if answer.status != _TOO_LATE:
        return Undecided(f"answered {answer.status}, where nothing ever came")
    other = scene.door("honest").chat(PLAIN, token=token)
    if not other.served:
        return Undecided(f"another service's caller was answered {other.status}")
    about = recorded(target, since, frozenset({answer.request}), of=platform, times=2)
    if not any(entry.event.outcome is Word.FAILED for entry in about):
        return Undecided("the record does not say that the request failed")
    return Held("ended with 504 and on record as failed; other services serve")


def _ask(door: Door, token: str) -> Answer | None:
    """Return the answer; None where none came."""
    with door.line() as line:
        line.send(door.request("POST", door.path("chat/completions"), token=token, body=door.body(PLAIN)))
        try:
            return read_answer(line, "POST", _WAIT_S)
        except OSError:
            return None


ATTACK = Attack(
    name="service-hangs",
    control="gateway.monitored",
    title="service that never answers",
    skill=2,
    stage=Stage.SCENE,
    because="a request without an end holds memory and a place, and nobody learns that it failed (CWE-400)",
    references=("AML.T0029", "API10:2023", "CWE-400"),
    weakening="silence_suffered",
    act=_act,
)
