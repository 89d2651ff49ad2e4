"""Somebody with the disk cuts the latest entries off, first crudely, then with a tree that fits what is left."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import Copy, covered, unnoticed
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("cutting the latest entries off", _cut),
        ("cutting the latest entries off and rebuilding the tree", _rebuild),
    )


def _cut(copy: Copy) -> None:
    copy.cut(copy.signed // 2)


def _rebuild(copy: Copy) -> None:
    copy.rebuild(copy.entries()[: copy.signed // 2])


ATTACK = Attack(
    name="ledger-truncated",
    control="ledger.intact",
    title="truncated copy",
    skill=2,
    stage=Stage.TWIN,
    because="what happened last is what an intruder wants to have never happened",
    references=("AML.T0107", "CWE-345", "CWE-778"),
    weakening="truncation_unnoticed",
    act=_act,
)
