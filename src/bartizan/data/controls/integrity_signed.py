"""`data.integrity-signed`: what was signed is still what lies there, and somebody looked lately."""

from typing import Final

from bartizan.control import Control, Finding, Severity
from bartizan.data.subject import Integrity

_AGE: Final = 8 * 86_400
_DIFFERS: Final = Finding(
    "differs",
    "an artifact is not what was signed; `bartizan verify` names every difference: restore it, or sign it anew",
    Severity.CRITICAL,
)
_UNREAD: Final = Finding("unread", "an artifact, or its attestation, cannot be read; nothing is known of it")
_OLD: Final = Finding("too-old", 'no artifact was verified in 8 days; let a schedule run "artifacts"')


def judge(last: Integrity) -> tuple[Finding, ...]:
    """Return a finding where something differs, one where something could not be read, one where it is long ago."""
    kinds = ((last.differing, _DIFFERS), (last.unread, _UNREAD), (last.seconds > _AGE, _OLD))
    return tuple(finding for there, finding in kinds if there)


CONTROL = Control(
    id="data.integrity-signed",
    promise="data carries hashes and signatures that verify",
    reads=Integrity,
    severity=Severity.HIGH,
    because="what nobody checks can be replaced without anybody knowing (NIST AI 100-2e2025, poisoning; ATLAS AML.T0020)",
    references=("AML.T0020", "AML.T0010", "LLM04:2025", "CWE-353", "CWE-354"),
    remediation="run `bartizan verify PATH`: it names every difference; then restore what was signed, or sign what is meant",
    judge=judge,
    fires_on=(Integrity(3, 1, 0, 60), Integrity(3, 0, 1, 60), Integrity(1, 0, 0, _AGE + 1)),
    silent_on=(Integrity(3, 0, 0, _AGE), Integrity(0, 0, 0, 0)),
)
