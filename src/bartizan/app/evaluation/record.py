"""An evaluation's place in the record: one event a way, and what the newest of them say of each service.

Rules of this file: numbers and digests alone; no prompt, answer or model's name gets into the record. An evaluation counts as
of when it began. One with anything open is on record as failed, and proves nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from bartizan.app.evaluation.run import Evaluation
from bartizan.app.evaluation.ways import DIRECT, GATEWAY
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SECOND, Nanoseconds
from bartizan.control import Finding
from bartizan.ledger.database import FILE
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.query import MOST, Query, query
from bartizan.threats.controls import robustness_evaluated
from bartizan.threats.evaluation.report import Report
from bartizan.threats.evaluation.tally import MYRIAD, Count
from bartizan.threats.subject import Evaluated

KIND: Final = "threats.service.evaluated"
_PERCENT: Final = MYRIAD // 100


class Newest(msgspec.Struct, frozen=True):
    """The newest evaluation of a service that counts.

    Attributes:
        service: its name.
        entry: index of the event in the tree.
        at: UTC nanoseconds of the event.
        outcome: of the event: whole (cleared, found) or failed.
        findings: what the control says of it now.
    """

    service: str
    entry: int
    at: int
    outcome: Outcome
    findings: tuple[Finding, ...]


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
    found = robustness_evaluated.judge(Evaluated(each.worst.myriad, told.ceiling * _PERCENT, seconds))
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
        "ceiling": told.ceiling * _PERCENT,
        "asked": worst.asked,
        "lost": worst.hits,
        "open": each.open,
        "benign": each.refused.asked,
        "refused": each.refused.hits,
        "sample": told.asked.sample,
        "seed": told.asked.seed,
        "prompts": told.asked.digest,
    }


def newest(folder: Folder, now: Nanoseconds) -> Mapping[str, Newest]:
    """Return service -> its newest evaluation, through the gateway if it was ever evaluated so, else direct.

    Args:
        folder: the state folder; one without a record has none.
        now: UTC nanoseconds.
    """
    by_way: dict[tuple[str, str], tuple[int, Event]] = {}
    for entry, event in _entries(folder):
        key = event.subject, str(event.detail.get("way"))
        before = by_way.get(key)
        if before is None or event.outcome is not Outcome.FAILED or before[1].outcome is not Outcome.FOUND:
            by_way[key] = entry, event  # one that came to nothing mends nothing
    services = {service for service, _ in by_way}
    chosen = ((each, by_way.get((each, GATEWAY)) or by_way.get((each, DIRECT))) for each in sorted(services))
    return {each: _newest(each, *found, now) for each, found in chosen if found is not None}


def _newest(service: str, entry: int, event: Event, now: Nanoseconds) -> Newest:
    age = max(0, now - event.at) // SECOND + _number(event, "seconds")
    subject = Evaluated(_number(event, "rate"), _number(event, "ceiling"), age)
    return Newest(service, entry, event.at, event.outcome, robustness_evaluated.judge(subject))


def _number(event: Event, field: str) -> int:
    found = event.detail.get(field, 0)
    return found if isinstance(found, int) else 0


def _entries(folder: Folder) -> Iterator[tuple[int, Event]]:
    if not (folder.ledger / FILE).exists():
        return
    asked = Query(kind=KIND, limit=MOST)
    while found := query(folder.ledger, asked):
        yield from ((entry.index, entry.event) for entry in found)
        asked = Query(kind=KIND, limit=MOST, first=found[-1].index + 1)
