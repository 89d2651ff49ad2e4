"""Running this room's controls over a subject; what cannot be judged is refused."""

from collections.abc import Callable, Iterable

from bartizan.access.outcome import Refused
from bartizan.access.subject import Authorization, DeviceUse, Possession, Presentation
from bartizan.control import RAISED, Control

_UNAVAILABLE = 503
_BROKEN = "this check could not be made, so the request is refused; the owner finds which in the ledger, and why in the log"
Failed = Callable[[str, Exception], object]
"""Is told of a control that could not judge: its id, and what it raised, whose text may hold what the subject holds."""
Subject = Presentation | Possession | DeviceUse | Authorization


def judge(controls: Iterable[Control], subject: Subject, status: int, failed: Failed) -> Refused | None:
    """Return the refusal of the first control that has a finding; None where all keep silent.

    Args:
        controls: those that read the subject's type.
        subject: the facts.
        status: of the HTTP answer to a finding; a control that fails yields 503.
        failed: is told of that control.
    """
    for control in controls:
        try:
            findings = control.judge(subject)
        except Exception as fault:  # noqa: BLE001 - whatever a control (also an outside one) raises, it fails closed
            failed(control.id, fault)
            return Refused(control.id, RAISED, _BROKEN, _UNAVAILABLE)
        if findings:
            return Refused(control.id, findings[0].reason, findings[0].what, status)
    return None
