"""The record is what it was: nothing was edited, removed, moved, cut off or rolled back."""

from bartizan.compliance.subject import LedgerCheck
from bartizan.control import Confidence, Control, Finding, Severity


def judge(check: LedgerCheck) -> tuple[Finding, ...]:
    """Return one finding for each kind of fault; nothing where the record is intact."""
    return tuple(
        Finding(
            f"record-{word.replace(' ', '-')}",
            f"{count} of {check.entries} entries: {word}; keep this folder as evidence, compare it with a copy",
            Severity.CRITICAL,
            Confidence.HIGH,
        )
        for word, count in sorted(check.faults.items())
        if count
    )


CONTROL = Control(
    id="ledger.intact",
    promise="the record cannot be changed unseen",
    reads=LedgerCheck,
    severity=Severity.CRITICAL,
    because="whoever can change the record can hide everything else (NIST SP 800-53, AU-9 and AU-10)",
    references=("CWE-345", "CWE-778", "AML.TA0007"),
    remediation="run `bartizan ledger verify` with a checkpoint that was kept on another machine",
    judge=judge,
    fires_on=(
        LedgerCheck(10, {"edited": 1}, "witnessed"),
        LedgerCheck(0, {"rolled back": 1, "bad signature": 2}, "signed only"),
    ),
    silent_on=(LedgerCheck(10, {}, "signed only"), LedgerCheck(0, {"edited": 0}, "witnessed")),
)
