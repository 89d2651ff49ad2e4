"""Somebody ends the audit before it can find anything, so that it looks as if it had found nothing."""

import contextlib
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
_CLOSELY = 10
"""How often it is looked for the process between two looks into the record."""
_FINISHED = "platform.schedule.finished"


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    for _ in range(_TRIES):
        since = twin.size()
        number = twin.run(_AUDIT)
        killed = _kill(twin, since, number, target)
        ended = _ended(twin, since, number, target)
        if ended is None:
            return GotThrough("an audit was killed, and the record does not say how it ended")
        if killed and ended.outcome is not Word.FAILED:
            return GotThrough("an audit that was killed is on record as carried out")
        if killed and ended.detail.get("reason") == "signal":
            return Held("on record as failed, so it counts for nothing and is tried again")
    return Undecided("each audit had ended before it could be killed; try it alone")


def _kill(twin: Platform, since: int, number: int, target: Target) -> bool:
    """Kill what control has started, as soon as it has; return whether that was before its end."""
    controls = [one.pid for one in twin.processes() if one.name == "control"]
    for look in range(_LOOKS * _CLOSELY):
        for pid in (child for control in controls for child in _children(control)):
            return _kill_alive(pid, target)
        if look % _CLOSELY == 0 and _end(twin, since, number):
            return False
        target.sleep(_LOOK_S / _CLOSELY)
    return False


def _kill_alive(pid: int, target: Target) -> bool:
    """Kill a process that surely has not ended yet: one that was stopped first; return whether it was."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        for _ in range(_LOOKS):
            if (state := _stat(pid)[0]) in "TtZX":
                os.kill(pid, signal.SIGKILL)
                return state in "Tt"
            target.sleep(_LOOK_S / _CLOSELY)
        os.kill(pid, signal.SIGKILL)
    return False


def _children(pid: int) -> list[int]:
    """Return what a process has started and not yet waited for. Source: proc_tid_children(5)."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:  # a kernel without that file, or the process is gone
        everybody = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return [one for one in everybody if _stat(one)[1] == str(pid)]


def _stat(pid: int) -> list[str]:
    """Return the state of a process and its parent; `X` where there is none. Source: proc_pid_stat(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return ["X", ""]


def _ended(twin: Platform, since: int, number: int, target: Target) -> Event | None:
    """Return what the record says of the end of a run, once it does."""
    for _ in range(_LOOKS):
        if (event := _end(twin, since, number)) is not None:
            return event
        target.sleep(_LOOK_S)
    return None


def _end(twin: Platform, since: int, number: int) -> Event | None:
    wanted = (_FINISHED, _AUDIT, number)
    events = (entry.event for entry in twin.entries(since))
    return next((e for e in events if (e.kind, e.subject, e.detail.get("number")) == wanted), None)


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
