"""Somebody with the disk changes what an entry says, first the entry alone, then the whole tree with it."""

import msgspec

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.ledger_copy import Copy, covered, unnoticed
from bartizan.drill.target import STRICT, Target
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome as Word


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    covered(target, twin)
    return unnoticed(
        twin,
        ("an entry that says another outcome", _edit),
        ("an entry that says another outcome, in a tree rebuilt around it", _rebuild),
    )


def _edit(copy: Copy) -> None:
    copy.replace(_changed(copy.entries()[copy.signed // 2]))


def _rebuild(copy: Copy) -> None:
    entries = copy.entries()
    place = copy.signed // 2
    copy.rebuild([*entries[:place], _changed(entries[place]), *entries[place + 1 :]])


def _changed(entry: Entry) -> Entry:
    outcome = Word.DENIED if entry.event.outcome is not Word.DENIED else Word.ALLOWED
    return msgspec.structs.replace(entry, event=msgspec.structs.replace(entry.event, outcome=outcome))


ATTACK = Attack(
    name="ledger-edited",
    control="ledger.intact",
    title="edited copy",
    skill=2,
    stage=Stage.TWIN,
    because="the first thing to do after a break-in is to change what the record says about it",
    references=("AML.T0107", "CWE-345", "CWE-117"),
    weakening="edits_unnoticed",
    act=_act,
)
