"""Somebody with the disk exchanges two entries, first these alone, then the whole tree with them."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import Copy, covered, unnoticed
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("two entries in each other's place", lambda copy: copy.swap(copy.signed // 2)),
        ("two entries in each other's place, in a tree rebuilt around them", _rebuild),
    )


def _rebuild(copy: Copy) -> None:
    entries, place = copy.entries(), copy.signed // 2
    copy.rebuild([*entries[:place], entries[place + 1], entries[place], *entries[place + 2 :]])


ATTACK = Attack(
    name="ledger-reordered",
    control="ledger.intact",
    title="reordered entries",
    skill=3,
    stage=Stage.TWIN,
    because="who acted first decides what it meant: a revocation before a request, or after it",
    references=("AML.T0107", "CWE-345"),
    weakening="order_unnoticed",
    act=_act,
)
