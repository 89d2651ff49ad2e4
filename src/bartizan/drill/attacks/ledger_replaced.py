"""Somebody with the disk puts another record in the place of the whole one, signed with keys of their own."""

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import Copy, covered, unnoticed
from bartizan.drill.target import STRICT, Target


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("another record under other keys of the same name", _replace),
        ("the same record, signed with other keys of the same name", lambda copy: copy.resign()),
    )


def _replace(copy: Copy) -> None:
    copy.rebuild(copy.entries()[: copy.signed // 2])
    copy.resign()


ATTACK = Attack(
    name="ledger-replaced",
    control="ledger.intact",
    title="replaced record",
    skill=4,
    stage=Stage.TWIN,
    because="who owns the machine can make another history from the first entry on; whoever kept the keys or a checkpoint knows better",
    references=("AML.T0107", "CWE-345", "CWE-494"),
    weakening="signatures_unchecked",
    act=_act,
)
