"""Somebody with the disk takes one entry out: its row, its body as if it had been pruned, or it and all that shows it."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import Copy, covered, unnoticed
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("an entry whose row is gone", lambda copy: copy.remove(copy.signed // 2)),
        ("an entry whose body is gone, as if it had been pruned", lambda copy: copy.empty(copy.signed // 2)),
        ("an entry that is gone from a tree rebuilt without it", _rebuild),
    )


def _rebuild(copy: Copy) -> None:
    entries, place = copy.entries(), copy.signed // 2
    copy.rebuild([*entries[:place], *entries[place + 1 :]])


ATTACK = Attack(
    name="ledger-deleted",
    control="ledger.intact",
    title="deleted entry",
    skill=2,
    stage=Stage.TWIN,
    because="one entry less is the least change that hides a deed",
    references=("AML.T0107", "CWE-345", "CWE-778"),
    weakening="deletions_unnoticed",
    act=_act,
)
