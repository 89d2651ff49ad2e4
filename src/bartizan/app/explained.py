"""What the record says of one request: who asked for what, what was decided, and what the guard found in it.

Rules of this file: nothing but the record is asked, and what it does not say is not guessed.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.catalogue import Catalogue
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.query import Query, query

REQUEST: Final = re.compile(r"q-[0-9a-f]{16}")
"""Form of a request's id, as `x-request-id` of its answer has it."""
_FOUND: Final = "threats.signal.found"
_GRADES: Final = ("", "allow", "flag", "redact", "hold", "block")


class Signal(msgspec.Struct, frozen=True):
    """Something that the guard found.

    Attributes:
        detector: the word for what it is, such as `secret`.
        rule: that found it.
        channel: whose words it stood in.
        severity, confidence, count: how bad, how sure, how often.
        control: that says so.
        what: a sentence of that control's about it.
        entry: index of the record's entry.
    """

    detector: str
    rule: str
    channel: str
    severity: str
    confidence: str
    count: int
    control: str
    what: str
    entry: int


class Explained(msgspec.Struct, frozen=True):
    """One request.

    Attributes:
        id, actor: pseudonyms of it and of who asked.
        at: UTC nanoseconds, of the first entry about it.
        action, service: what was asked for, of which service.
        decision: `admitted`, `refused`, or empty where there is no entry of it.
        status: of the answer; 0 where none is on record.
        reason, control: why it was refused, or how its answer ended; the control that says so, or empty.
        micros: that its answer took.
        guard: what the guard made of it and of its answer, the gravest; empty where nothing was found.
        uninspected: why nobody inspected it; empty where somebody did, or nobody was to.
        signals: what was found.
        entries: indices of the record's entries about it.
    """

    id: str
    actor: str
    at: int
    action: str
    service: str
    decision: str
    status: int
    reason: str
    control: str
    micros: int
    guard: str
    uninspected: str
    signals: tuple[Signal, ...]
    entries: tuple[int, ...]


def explained(ledger: Path, request: str, known: Catalogue) -> Explained | None:
    """Return what is on record of a request; None where nothing is.

    Args:
        ledger: folder of the record.
        request: its id.
        known: what there is in this installation.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    entries = query(ledger, Query(subject=request))
    if not entries:
        return None
    events = [entry.event for entry in entries]
    admitted, refused, completed = (_of(events, word) for word in ("admitted", "refused", "completed"))
    ended, begun = refused or completed, admitted or refused
    decision = "refused" if refused else "admitted" if admitted else ""
    found = [event for event in events if event.kind == _FOUND]
    signals = [(entry.index, entry.event) for entry in entries if entry.event.kind == _FOUND]
    return Explained(
        id=request,
        actor=events[0].actor,
        at=events[0].at,
        action=_text(begun, "action"),
        service=_text(begun or events[0], "service"),
        decision=decision,
        status=_number(ended, "status"),
        reason=_text(ended, "reason"),
        control=ended.control if ended is not None else "",
        micros=_number(completed, "micros"),
        guard=max((_text(event, "action") for event in found), key=_GRADES.index, default=""),
        uninspected=next((_text(each, "reason") for each in found if each.outcome is Outcome.FAILED), ""),
        signals=tuple(_signal(at, each, known) for at, each in signals if each.outcome is Outcome.FOUND),
        entries=tuple(entry.index for entry in entries),
    )


def _of(events: Iterable[Event], word: str) -> Event | None:
    return next((event for event in events if event.kind == f"gateway.request.{word}"), None)


def _text(event: Event | None, field: str) -> str:
    return "" if event is None else str(event.detail.get(field, ""))


def _number(event: Event | None, field: str) -> int:
    return 0 if event is None else int(event.detail.get(field, 0))


def _signal(entry: int, event: Event, known: Catalogue) -> Signal:
    detector, control = _text(event, "reason"), known.controls.get(event.control)
    said = (
        {}
        if control is None
        else {
            finding.reason: finding.what for example in control.fires_on for finding in control.judge(example)
        }
    )
    return Signal(
        detector=detector,
        rule=_text(event, "rule"),
        channel=_text(event, "channel"),
        severity=_text(event, "severity"),
        confidence=_text(event, "confidence"),
        count=_number(event, "count"),
        control=event.control,
        what=said.get(detector, ""),
        entry=entry,
    )
