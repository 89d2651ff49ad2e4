"""What the guard says of a request, and of what it found there.

Rules of this file: shapes alone, as in `ports.py`. None of them holds a text but what goes on in place of the request.
"""

import asyncio
from typing import Final, TypeAlias

import msgspec

from bartizan.control import Confidence, Severity

ALLOW, FLAG, REDACT, BLOCK = "allow", "flag", "redact", "block"
"""What becomes of a request, the least first."""
OBSERVE: Final = "observe"
"""Word of the guard that is not waited for."""
UNAVAILABLE: Final = "inspection-unavailable"
"""Reason where nobody is there to inspect."""
FAILED: Final = "inspection-failed"
"""Reason where what inspects failed over the request."""
BUDGET: Final = "inspection-budget"
"""Reason where inspecting what somebody sends took more time than it may."""


class Signal(msgspec.Struct, frozen=True):
    """Something that was found, so often.

    Attributes:
        control, reason: who says so, in which word.
        rule: that found it.
        channel: whose words it stands in.
        severity, confidence: how bad, and how sure.
        count: how often.
    """

    control: str
    reason: str
    rule: str
    channel: str
    severity: Severity
    confidence: Confidence
    count: int = 1


class Said(msgspec.Struct, frozen=True):
    """What the guard says of a request.

    Attributes:
        action: `ALLOW`, `FLAG`, `REDACT` or `BLOCK`.
        reason, control, what: why; `what` is a sentence for people.
        octets: what goes on in place of the request, where it is redacted.
        signals: what was found.
    """

    action: str
    reason: str = ""
    control: str = ""
    what: str = ""
    octets: bytes = b""
    signals: tuple[Signal, ...] = ()


Inspection: TypeAlias = asyncio.Future[Said]
