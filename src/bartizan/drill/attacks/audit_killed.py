"""Somebody ends the audit before it can find anything, so that it looks as if it had found nothing."""

import os
import signal
from pathlib import Path

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import STRICT, Platform, Target
from bartizan.ledger.event import Event
from bartizan.ledger.event import Outcome as Word

_AUDIT = "audit"
_TRIES = 5
_LOOKS, _LOOK_S = 200, 0.025
_FINISHED = "platform.schedule.finished"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    for _ in range(_TRIES):
        since = twin.size()
        number = twin.run(_AUDIT)
        killed = _kill(twin)
        ended = _ended(twin, since, number, target)
        if ended is None:
            return GotThrough("an audit was killed, and the record does not say how it ended")
        if killed and ended.outcome is not Word.FAILED:
            return GotThrough("an audit that was killed is on record as carried out")
        if killed and ended.detail.get("reason") == "signal":
            return Held("on record as failed, so it counts for nothing and is tried again")
    return Undecided("each audit had ended before it could be killed; try it alone")


def _kill(twin: Platform) -> bool:
    """Kill what control has started; return whether there was anything."""
    controls = {one.pid for one in twin.processes() if one.name == "control"}
    found = [pid for pid in _running() if _parent(pid) in controls]
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
    return bool(found)


def _running() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int:
    """Return the parent of a process that lives; 0 where it does not. Source: proc_pid_stat(5)."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)


def _ended(twin: Platform, since: int, number: int, target: Target) -> Event | None:
    """Return what the record says of the end of a run, once it does."""
    for _ in range(_LOOKS):
        for entry in twin.entries(since):
            event = entry.event
            if (event.kind, event.subject, event.detail.get("number")) == (_FINISHED, _AUDIT, number):
                return event
        target.sleep(_LOOK_S)
    return None


ATTACK = Attack(
    name="audit-killed",
    control="compliance.audit-current",
    title="audit killed",
    skill=2,
    stage=Stage.TWIN,
    because="who has changed something keeps whoever would find it from looking",
    references=("AML.T0107", "CWE-778", "CWE-390"),
    weakening="audits_claimed",
    act=_act,
)
