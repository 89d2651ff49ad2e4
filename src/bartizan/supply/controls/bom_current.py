"""`supply.bom-current`: of every deployed model there is a bill of materials, and nothing that it tells has changed since."""

from typing import Final

from bartizan.control import Control, Finding, Severity
from bartizan.supply.subject import Bills

_WITHOUT: Final = Finding(
    "bom-missing", "a deployed model has no bill of materials; write one with `bartizan bom DIGEST --record`"
)
_STALE: Final = Finding(
    "bom-outdated",
    "something came on record of what a deployed model is made of since its bill was written; write it anew with `bartizan bom DIGEST --record`",
)


def judge(bills: Bills) -> tuple[Finding, ...]:
    """Return a finding where a bill is missing, one where one is out of date."""
    return tuple(finding for there, finding in ((bills.without, _WITHOUT), (bills.stale, _STALE)) if there)


CONTROL = Control(
    id="supply.bom-current",
    promise="bills of materials are complete and current",
    reads=Bills,
    severity=Severity.MEDIUM,
    because="what is not listed cannot be found when it turns out to be bad (NIST SP 800-218A; OWASP LLM03:2025; CycloneDX ML-BOM)",
    references=("LLM03:2025", "AML.T0010", "CWE-1357"),
    remediation="run `bartizan bom DIGEST --record` for each deployed model, after each change of what it is made of",
    judge=judge,
    fires_on=(Bills(2, 1, 0), Bills(2, 0, 1)),
    silent_on=(Bills(2, 0, 0), Bills(0, 0, 0)),
)
