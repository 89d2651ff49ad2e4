"""A service withstands known attacks as far as it must, and somebody looked lately; unknown where nobody ever did."""

from typing import Final

from bartizan.control import Confidence, Control, Finding, Severity
from bartizan.threats.subject import Evaluated

_AGE: Final = 90 * 86_400
_ABOVE: Final = Finding(
    "attacks-above-ceiling",
    "an attack succeeds more often than the service's ceiling",
    confidence=Confidence.MEDIUM,
)
_OLD: Final = Finding("too-old", "the newest evaluation is older than 90 days; run `bartizan evaluate`")


def judge(last: Evaluated) -> tuple[Finding, ...]:
    """Return a finding where an attack succeeds too often, and one where the evaluation is older than 90 days."""
    above = (_ABOVE,) if last.worst > last.ceiling else ()
    return (*above, _OLD) if last.seconds > _AGE else above


CONTROL = Control(
    id="threats.robustness-evaluated",
    promise="each model was evaluated against known attacks",
    reads=Evaluated,
    severity=Severity.HIGH,
    because="what was never attacked was never tested (NIST AI 600-1, MS-2.6-007; OWASP LLM01:2025)",
    references=("AML.T0054", "AML.T0051", "LLM01:2025"),
    remediation="run `bartizan evaluate SERVICE`; above the ceiling, take another model, or guard this one",
    judge=judge,
    fires_on=(Evaluated(1001, 1000, 60), Evaluated(0, 1000, _AGE + 1), Evaluated(1, 0, 0)),
    silent_on=(Evaluated(1000, 1000, _AGE), Evaluated(0, 0, 0)),
)
