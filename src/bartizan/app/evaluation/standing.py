"""How services stand by their newest evaluations, out of the record alone: whether or not a platform runs.

Rules of this file: an evaluation through the gateway counts before a direct one, for that is how a service is reached; the
ceiling is the one that held when it was evaluated. One that came to nothing proves nothing and mends nothing.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.app.folder import Folder
from bartizan.app.running import status
from bartizan.clock import SECOND, Nanoseconds
from bartizan.compliance.posture import Judged
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.query import every
from bartizan.threats.controls import robustness_evaluated
from bartizan.threats.subject import Evaluated

KIND: Final = "threats.service.evaluated"
PERCENT: Final = 100
"""Of a percent, in the record's shares of 10,000."""
_CONTROL: Final = robustness_evaluated.CONTROL.id
_SAMPLE: Final = "sample"
_Found = tuple[int, Event]


def judged(folder: Folder, now: Nanoseconds) -> tuple[Judged, ...]:
    """Return what the control says of each service: of those evaluated, and of those that a running platform has.

    Args:
        folder: the state folder; one without a record has none.
        now: UTC nanoseconds.
    """
    found = _newest(folder)
    said = [_judged(service, entry, event, now) for service, (entry, event) in sorted(found.items())]
    if not said:
        return (Judged(_CONTROL, "", Outcome.FAILED, "no service was evaluated: run `bartizan evaluate`"),)
    running = status(folder)
    there = () if running is None else running.services
    never = [each for each in there if each not in found and each != _SAMPLE]
    return (*said, *(Judged(_CONTROL, each, Outcome.FAILED, "never evaluated") for each in never))


def _newest(folder: Folder) -> Mapping[str, _Found]:
    by_way: dict[tuple[str, str], _Found] = {}
    for entry, event in every(folder.ledger, KIND):
        key = event.subject, str(event.detail.get("way"))
        before = by_way.get(key)
        if before is None or event.outcome is not Outcome.FAILED or before[1].outcome is not Outcome.FOUND:
            by_way[key] = entry, event
    chosen = {service: found for (service, way), found in by_way.items() if way == "direct"}
    return chosen | {service: found for (service, way), found in by_way.items() if way == "gateway"}


def _judged(service: str, entry: int, event: Event, now: Nanoseconds) -> Judged:
    age = max(0, now - event.at) // SECOND + _number(event, "seconds")
    rate, ceiling = _number(event, "rate"), _number(event, "ceiling")
    if event.outcome is Outcome.FAILED:
        return Judged(_CONTROL, service, Outcome.FAILED, "its evaluation is not whole", event.at, entry)
    findings = robustness_evaluated.judge(Evaluated(rate, ceiling, age))
    if not findings:
        return Judged(_CONTROL, service, Outcome.CLEARED, "", event.at, entry)
    shares = f" ({event.detail.get('attack', '')} {rate / PERCENT:g} %, ceiling {ceiling / PERCENT:g} %)"
    why = "; ".join(finding.what for finding in findings) + (shares if rate > ceiling else "")
    return Judged(_CONTROL, service, Outcome.FOUND, why, event.at, entry)


def _number(event: Event, field: str) -> int:
    found = event.detail.get(field, 0)
    return found if isinstance(found, int) else 0
