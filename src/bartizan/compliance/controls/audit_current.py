"""The record is audited as often as it is promised; an audit that failed, or that nobody made, counts for nothing."""

from bartizan.compliance.subject import RunAge
from bartizan.control import Control, Finding, Severity

_OVERDUE = Finding("too-old", "the last one is older than its period; see `bartizan schedule list`")
_MISSING = Finding("never-carried-out", "none was carried out in time; see `bartizan schedule list`")


def judge(last: RunAge) -> tuple[Finding, ...]:
    """Return a finding where the last audit is older than its period and grace, or none was made in the grace."""
    if not last.carried_out:
        return (_MISSING,) if last.seconds > last.grace else ()
    return (_OVERDUE,) if last.seconds > last.period + last.grace else ()


CONTROL = Control(
    id="compliance.audit-current",
    promise="audits are no older than they may be",
    reads=RunAge,
    severity=Severity.HIGH,
    because="a record that nobody looks at protects nobody (NIST SP 800-53, AU-6 and CA-7)",
    references=("CWE-778", "AML.TA0007"),
    remediation="run `bartizan schedule run audit`, and look in run/platform.log for why it did not run",
    judge=judge,
    fires_on=(
        RunAge(seconds=86_401 + 21_600, carried_out=True, period=86_400, grace=21_600),
        RunAge(seconds=21_601, carried_out=False, period=86_400, grace=21_600),
    ),
    silent_on=(
        RunAge(seconds=86_400 + 21_600, carried_out=True, period=86_400, grace=21_600),
        RunAge(seconds=60, carried_out=False, period=86_400, grace=21_600),
    ),
)
