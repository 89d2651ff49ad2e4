"""An evaluation's place in the record: one event a way.

Rules of this file: numbers and digests alone; no prompt, answer or model's name gets into the record. An evaluation counts as
of when it began. One with anything open is on record as failed, and proves nothing.
"""

from typing import Any

from bartizan.app.evaluation.run import Evaluation
from bartizan.app.evaluation.standing import KIND, PERCENT
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SECOND
from bartizan.ledger.event import Outcome
from bartizan.threats.controls import robustness_evaluated
from bartizan.threats.evaluation.report import Report
from bartizan.threats.evaluation.tally import MYRIAD, Count
from bartizan.threats.subject import Evaluated


def report(folder: Folder, done: Evaluation) -> bool:
    """Put an evaluation on record where a platform runs; return whether one does.

    Args:
        folder: the state folder.
        done: of a configured service.
    Raises:
        PlatformSilent, OwnerRefused: it does, and takes nothing.
    """
    if folder.holder() is None:
        return False
    Owner(folder).report([_event(done, each) for each in done.report.counts])
    return True


def _event(done: Evaluation, each: Count) -> dict[str, Any]:
    told = done.report
    seconds = max(0, told.ended - told.began) // SECOND
    found = robustness_evaluated.judge(Evaluated(each.worst.myriad, told.ceiling * PERCENT, seconds))
    outcome = Outcome.FAILED if each.open else Outcome.FOUND if found else Outcome.CLEARED
    return {
        "kind": KIND,
        "outcome": outcome.value,
        "subject": told.service,
        "control": robustness_evaluated.CONTROL.id,
        "detail": _detail(told, each) | {"seconds": seconds, "document": done.digest},
    }


def _detail(told: Report, each: Count) -> dict[str, int | str]:
    worst = each.worst
    return {
        "way": each.way,
        "judge": told.judge,
        "attack": worst.name,
        "rate": worst.myriad,
        "low": int(worst.low * MYRIAD),
        "high": min(MYRIAD, int(worst.high * MYRIAD) + 1),
        "ceiling": told.ceiling * PERCENT,
        "asked": worst.asked,
        "lost": worst.hits,
        "open": each.open,
        "benign": each.refused.asked,
        "refused": each.refused.hits,
        "sample": told.asked.sample,
        "seed": told.asked.seed,
        "prompts": told.asked.digest,
    }
