"""`gateway.rate-limited`: nobody takes more requests, tokens, places or money than the limits give."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.faults import FAULTS, RATE
from bartizan.gateway.subject import Allowance

_WORD = {
    "principal": "principal-rate",
    "address": "address-rate",
    "requests": "requests-rate",
    "tokens": "tokens-rate",
    "concurrent": "concurrent-full",
    "spend": "budget-spent",
}


def judge(allowance: Allowance) -> tuple[Finding, ...]:
    """Return a finding where one more request has to wait."""
    if not allowance.retry_after or not allowance.party:
        return ()
    fault = FAULTS["limit-too-small" if allowance.retry_after < 0 else _WORD[allowance.party]]
    return (Finding(fault.reason, fault.what, Severity.MEDIUM),)


CONTROL = Control(
    id=RATE,
    promise="Requests beyond a limit wait: of rate, tokens, concurrency or money",
    reads=Allowance,
    severity=Severity.MEDIUM,
    because="An unlimited API is exhausted, billed without bound or extracted from (OWASP API4:2023).",
    references=("API4:2023", "LLM10:2025", "AML.T0029", "CWE-770"),
    remediation="Wait as Retry-After says, or raise the service's limits in bartizan.toml.",
    judge=judge,
    fires_on=(Allowance("principal", 1), Allowance("address", 1_000_000_000), Allowance("tokens", -1)),
    silent_on=(Allowance("principal", 0), Allowance("address", 0), Allowance("spend", 0)),
)
