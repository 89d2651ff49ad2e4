"""`gateway.rate-limited`: no principal and no address takes more than its share."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.faults import FAULTS, RATE
from bartizan.gateway.subject import Allowance


def judge(allowance: Allowance) -> tuple[Finding, ...]:
    """Return a finding where one more request has to wait."""
    if allowance.retry_after <= 0:
        return ()
    fault = FAULTS["address-rate" if allowance.party == "address" else "principal-rate"]
    return (Finding(fault.reason, fault.what, Severity.MEDIUM),)


CONTROL = Control(
    id=RATE,
    promise="Requests beyond a principal's or an address's rate wait",
    reads=Allowance,
    severity=Severity.MEDIUM,
    because="An unlimited API is exhausted, billed without bound or extracted from (OWASP API4:2023).",
    references=("API4:2023", "LLM10:2025", "AML.T0029", "CWE-770"),
    remediation="Wait as Retry-After says, or raise the service's limits in bartizan.toml.",
    judge=judge,
    fires_on=(Allowance("principal", 1), Allowance("address", 1_000_000_000)),
    silent_on=(Allowance("principal", 0), Allowance("address", 0)),
)
