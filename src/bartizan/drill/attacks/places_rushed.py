"""Many requests at the same instant, before the first of them is counted as being under way."""

from contextlib import ExitStack

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN
from bartizan.egress.line import Deadline, Line

_PLACES, _AT_ONCE = 2, 10
_ROUNDS = 20
_GLANCE_S = 0.1
_LIMITED = b"HTTP/1.1 429"


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("narrow"), scene.platform.caller()
    request = door.request("POST", door.path("chat/completions"), token=token, body=door.body(PLAIN))
    before = len(scene.arrived("narrow"))
    with ExitStack() as stack:
        lines = [stack.enter_context(door.line()) for _ in range(_AT_ONCE)]
        for line in lines:
            line.send(request)
        told, came = list[bytes](), 0
        for _ in range(_ROUNDS):
            answers = {line: said for line in lines if (said := _glance(line))}
            lines = [line for line in lines if line not in answers]
            told += answers.values()
            came = len(scene.arrived("narrow")) - before
            if came > _PLACES:
                return GotThrough(f"{came} requests were under way at once, where there are {_PLACES} places")
            if len(told) == _AT_ONCE - _PLACES and came == _PLACES:
                break
    if len(told) != _AT_ONCE - _PLACES or not all(said.startswith(_LIMITED) for said in told):
        return Undecided(f"{came} requests came, and {len(told)} of {_AT_ONCE} were answered")
    return Held(f"of {_AT_ONCE} at once, {_PLACES} were let in and the others limited with 429")


def _glance(line: Line) -> bytes:
    """Return what has come on a line; nothing where nothing has."""
    line.deadline = Deadline(_GLANCE_S)
    try:
        return line.recv()
    except OSError:
        return b""


ATTACK = Attack(
    name="places-rushed",
    control="gateway.rate-limited",
    title="burst at one instant",
    skill=3,
    stage=Stage.SCENE,
    because="where asking and counting are two steps, who comes between them is never counted (CWE-367)",
    references=("AML.T0029", "API4:2023", "CWE-367"),
    weakening="places_late",
    act=_act,
)
