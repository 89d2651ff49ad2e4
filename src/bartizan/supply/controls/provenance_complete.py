"""`supply.provenance-complete`: of every deployed model it is on record what it was made of, and nothing of that was revoked."""

from typing import Final

from bartizan.control import Control, Finding, Severity
from bartizan.supply.subject import Chains

_REVOKED: Final = Finding(
    "revoked-upstream",
    "a deployed model descends from what was revoked; `bartizan provenance check` names both: retire it, or make it anew without",
    Severity.CRITICAL,
)
_OPEN: Final = Finding(
    "chain-open",
    "what a deployed model was made of is not on record to its beginning; `bartizan provenance check` names the missing step",
)
_BROKEN: Final = Finding(
    "step-broken", "a step on record does not add up to its id: somebody changed it, or another wrote into it"
)


def judge(chains: Chains) -> tuple[Finding, ...]:
    """Return a finding where something revoked is deployed, one where a chain is open, one where a step is broken."""
    kinds = ((chains.revoked, _REVOKED), (chains.open, _OPEN), (chains.broken, _BROKEN))
    return tuple(finding for there, finding in kinds if there)


CONTROL = Control(
    id="supply.provenance-complete",
    promise="each artifact's origin is known and signed",
    reads=Chains,
    severity=Severity.HIGH,
    because="who cannot say what a model was made of cannot withdraw it when that turns out poisoned (ATLAS AML.T0020; SLSA 1.1)",
    references=("AML.T0020", "AML.T0010", "LLM03:2025", "LLM04:2025", "CWE-1357"),
    remediation="run `bartizan provenance check`: it names each model and each missing step; record it, or retire the model",
    judge=judge,
    fires_on=(Chains(2, 1, 0, 0), Chains(2, 0, 1, 0), Chains(2, 0, 0, 1)),
    silent_on=(Chains(2, 0, 0, 0), Chains(0, 0, 0, 0)),
)
