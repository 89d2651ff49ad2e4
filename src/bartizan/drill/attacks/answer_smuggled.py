"""A service whose answers two readers would divide differently, so that a part of one becomes somebody else's."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Door
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN

_TRICKS = ("length-and-chunks", "two-lengths", "odd-coding", "body-of-none", "two-answers")
_DOUBTED = 502
_OWN = "Hello."


def _act(target: Target) -> Outcome:
    scene = target.scene()
    door, token = scene.door("smuggles"), scene.platform.caller()
    for trick in _TRICKS:
        outcome = _try(door, trick, token)
        if outcome is not None:
            return outcome
    return Held(f"{len(_TRICKS)} answers of doubtful form refused with 502; the next caller got its own")


def _try(door: Door, trick: str, token: str) -> Outcome | None:
    """Return what came of one trick, unless it was held."""
    answer = door.chat(door.body(PLAIN).replace(b'"sample"', f'"{trick}"'.encode()), token=token)
    after = door.chat(PLAIN, token=token)
    if answer.served:
        return GotThrough(f"an answer whose end two readers would see differently went on ({trick})")
    if after.served and after.text != _OWN:
        return GotThrough(f"a caller got an answer that was not its own ({trick})")
    if answer.status != _DOUBTED or not after.served:
        return Undecided(f"answered {answer.status}, and the next request {after.status} ({trick})")
    return None


ATTACK = Attack(
    name="answer-smuggled",
    control="gateway.input-valid",
    title="answers of two readings",
    skill=4,
    stage=Stage.SCENE,
    because="who runs or has broken one service can have its octets read by another's caller (RFC 9112 section 11.1)",
    references=("AML.T0049", "API10:2023", "CWE-444"),
    weakening="answers_lenient",
    act=_act,
)
