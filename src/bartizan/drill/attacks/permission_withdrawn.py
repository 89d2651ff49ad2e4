"""A caller who was served goes on asking after the owner has put policies in force that permit nobody anything."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import FORBIDDEN, PLAIN, trace

_NOTHING = {"nothing.cedar": '@id("nothing") forbid (principal, action in Action::"call", resource);\n'}
_BUILT_IN: dict[str, str] = {}


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    token = twin.caller()
    before = twin.door.chat(PLAIN, token=token)
    if not before.served:
        return Undecided(f"what the policies permit was answered {before.status}", trace(before))
    twin.applied(_NOTHING)
    try:
        after = [twin.door.chat(PLAIN, token=token) for _ in range(_TIMES)]
    finally:
        twin.applied(_BUILT_IN)
    again = twin.door.chat(PLAIN, token=token)
    if any(answer.served for answer in after):
        return GotThrough("a request was let through by policies that are no longer in force", trace(*after))
    if any(answer.status not in FORBIDDEN for answer in after):
        return Undecided(f"a request without permission was answered {after[0].status}", trace(*after))
    if not again.served:
        return Undecided(f"what is permitted again was answered {again.status}", trace(*after, again))
    return Held(
        "refused with 403 from the answer of the change on; served again after the next", trace(*after)
    )


_TIMES = 5

ATTACK = Attack(
    name="permission-withdrawn",
    control="access.request-authorized",
    title="policy changed under a caller",
    skill=1,
    stage=Stage.TWIN,
    because="an answer that is remembered past a change keeps open what was closed (NIST SP 800-207, tenet 6)",
    references=("AML.T0012", "CWE-613", "CWE-863"),
    weakening="policy_outlived",
    act=_act,
)
