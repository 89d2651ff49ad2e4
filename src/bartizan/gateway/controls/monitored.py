"""`gateway.monitored`: every admitted request has its admitted and its completed record."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.faults import RECORD
from bartizan.gateway.subject import Account


def judge(account: Account) -> tuple[Finding, ...]:
    """Return a finding for records that could not be written, and one for requests that are unaccounted for."""
    found: tuple[Finding, ...] = ()
    if account.unwritten:
        found += (
            Finding("record-unwritten", "Records could not be written; look at the disk of the ledger."),
        )
    if account.admitted != account.completed + account.open:
        found += (
            Finding("account-open", "Admitted and completed requests do not add up; report this as a fault."),
        )
    return found


CONTROL = Control(
    id=RECORD,
    promise="Every admitted request is recorded before it is forwarded, and when it ends",
    reads=Account,
    severity=Severity.HIGH,
    because="What is not recorded cannot be detected, shown or disproved (CWE-778).",
    references=("CWE-778",),
    remediation="Free the ledger's disk; the gateway serves nothing that it cannot record.",
    judge=judge,
    fires_on=(Account(2, 1, 0, 0), Account(1, 1, 0, 1)),
    silent_on=(Account(0, 0, 0, 0), Account(3, 2, 1, 0)),
)
