"""A caller whose token was revoked a moment after it was used asks on with it."""

from bartizan.drill.attack import Attack, Held, Outcome, Stage, Undecided
from bartizan.drill.forgery import read
from bartizan.drill.target import Target
from bartizan.drill.trial import PLAIN, UNAUTHENTICATED, refused, trace, worst

_TIMES = 5


def _act(target: Target) -> Outcome:
    scene = target.scene()
    platform, door = scene.platform, scene.door("honest")
    revoked, other = platform.caller(), platform.caller()
    before = [door.chat(PLAIN, token=token) for token in (revoked, other)]
    if not all(answer.served for answer in before):
        return Undecided("a caller was not served while nothing was revoked", trace(*before))
    platform.revoke(str(read(revoked)[1]["jti"]))
    after = [door.chat(PLAIN, token=revoked) for _ in range(_TIMES)]
    goal = "a token was accepted after the answer that it is revoked"
    outcome = worst([refused(answer, UNAUTHENTICATED, goal) for answer in after])
    beside = door.chat(PLAIN, token=other)
    if isinstance(outcome, Held) and not beside.served:
        return Undecided(f"another token of the same caller was answered {beside.status}", trace(beside))
    return outcome


ATTACK = Attack(
    name="token-revoked",
    control="access.request-authenticated",
    title="revoked token",
    skill=1,
    stage=Stage.SCENE,
    because="a token that leaked is taken back, and is worth something for as long as anybody remembers it (RFC 7009)",
    references=("AML.T0091.000", "API2:2023", "CWE-613"),
    weakening="revocations_unheard",
    act=_act,
)
