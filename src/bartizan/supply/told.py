"""What was found in a file, as it is told: one row a finding, for people, for programs, and for what was accepted before."""

from collections.abc import Iterator

import msgspec

from bartizan.control import Severity
from bartizan.supply.scan import Scanned
from bartizan.supply.subject import Standing


class Told(msgspec.Struct, frozen=True):
    """One finding.

    Attributes:
        word, what, standing, member, offset: as of a `Reason`.
        severity: that the control gives it.
    """

    word: str
    what: str
    severity: Severity
    standing: Standing
    member: str = ""
    offset: int = -1


def told(scanned: Scanned) -> Iterator[Told]:
    """Yield the findings of a file, the worst first."""
    reasons = [each for each in scanned.file.reasons if each.standing is not Standing.INERT]
    if not reasons:
        for finding in scanned.findings:
            yield Told(finding.reason, finding.what, finding.severity, scanned.file.standing)
    for reason, finding in zip(reasons, scanned.findings if reasons else (), strict=True):
        yield Told(
            finding.reason, finding.what, finding.severity, reason.standing, reason.member, reason.offset
        )
