"""Somebody with the disk puts an older copy back, whole and correctly signed, before anything happened."""

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.ledger_copy import copied, covered, grown
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    with copied(twin) as older:
        if not older.intact(older.remembered):
            return Undecided("an untouched copy does not verify, so nothing can be said of an older one")
        remembered = grown(target, twin, len(older.entries()))
        if older.intact(remembered):
            return GotThrough("an older copy was not noticed, although a newer checkpoint is remembered")
    return Held("found by the remembered checkpoint")


ATTACK = Attack(
    name="ledger-rolled-back",
    control="ledger.intact",
    title="rolled-back copy",
    skill=4,
    stage=Stage.TWIN,
    because="a whole older record is faultless in itself; only what somebody else remembers gives it away",
    references=("AML.T0107", "CWE-345", "CWE-494"),
    weakening="roll_back_unnoticed",
    act=_act,
)
