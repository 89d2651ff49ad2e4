"""`supply.artifact-signed`: an artifact is what somebody who is trusted signed, and a quantum computer changes nothing of that."""

from bartizan.control import Control, Finding, Severity
from bartizan.supply.subject import Attestation

_UNSIGNED = Finding("unsigned", "nobody signed it: sign it with `bartizan sign`, or get it from who does")
_UNPROVEN = Finding(
    "unproven", "its signatures are not those of the keys that are trusted: do not use it", Severity.CRITICAL
)
_DIFFERS = Finding("differs", "it is not what was signed: do not use it; get it anew", Severity.CRITICAL)
_CLASSICAL = Finding(
    "classical-only", "only a signature that a quantum computer forges holds: sign it anew", Severity.LOW
)


def judge(found: Attestation) -> tuple[Finding, ...]:
    """Return what is wrong with the signatures of an artifact, the worst alone."""
    if not found.signed:
        return (_UNSIGNED,)
    if not found.proven:
        return (_UNPROVEN,)
    if found.differences:
        return (_DIFFERS,)
    return () if found.quantum_safe else (_CLASSICAL,)


CONTROL = Control(
    id="supply.artifact-signed",
    promise="models, data and tools are signed",
    reads=Attestation,
    severity=Severity.HIGH,
    because="an artifact that nobody signed can be anybody's (SLSA v1.1; ATLAS AML.T0010; OWASP LLM03:2025; FIPS 204)",
    references=("AML.T0010", "AML.T0018", "LLM03:2025", "CWE-345", "CWE-347"),
    remediation="run `bartizan sign PATH`, and `bartizan verify PATH` before anything is loaded",
    judge=judge,
    fires_on=(
        Attestation(False, False, False, 0),
        Attestation(True, False, False, 0),
        Attestation(True, True, True, 1),
        Attestation(True, True, False, 0),
    ),
    silent_on=(Attestation(True, True, True, 0),),
)
