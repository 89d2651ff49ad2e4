"""What the guard says of a request, and of what it found there.

Rules of this file: shapes alone, as in `ports.py`. None of them holds a text but what goes on in place of the request and,
for a service that keeps evidence, excerpts, which are octets here and sealed before they go anywhere.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import msgspec

from bartizan.control import Confidence, Severity

ALLOW, FLAG, REDACT, HOLD, BLOCK = "allow", "flag", "redact", "hold", "block"
"""What becomes of a request, the least first."""
OBSERVE: Final = "observe"
"""Word of the guard that is not waited for."""
VERDICT: Final = "verdict"
"""Word of the guard whose word is all that is asked for: it is the answer."""
UNAVAILABLE: Final = "inspection-unavailable"
"""Reason where nobody is there to inspect."""
FAILED: Final = "inspection-failed"
"""Reason where what inspects failed over the request."""
BUDGET: Final = "inspection-budget"
"""Reason where inspecting what somebody sends took more time than it may."""
BEHIND: Final = "inspection-behind"
"""Reason where an answer that nobody waits for came faster than it was inspected, so that the rest of it was not."""


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
        action: `ALLOW`, `FLAG`, `REDACT`, `HOLD` or `BLOCK`.
        reason, control, what: why; `what` is a sentence for people.
        octets: what goes on in place of the request, where something is taken out of it; the answer itself, where `VERDICT` is asked for.
        signals: what was found.
        excerpts: `threats.excerpt.encoded` of that, where evidence is kept.
    """

    action: str
    reason: str = ""
    control: str = ""
    what: str = ""
    octets: bytes = b""
    signals: tuple[Signal, ...] = ()
    excerpts: bytes = b""


class Passed(msgspec.Struct, frozen=True):
    """What of an answer may go on by now.

    Attributes:
        octets: that go on.
        last: whether these are the last.
        said: why it goes no further, where its action is `BLOCK`; and what was found in it.
    """

    octets: bytes = b""
    last: bool = False
    said: Said = Said(ALLOW)


EVENTS, JSON, OTHER = "events", "json", "other"
"""What an answer is made of: server-sent events, one JSON document, or what nobody reads."""


class Question(Protocol):
    """A request that is inspected, and then its answer.

    Attributes:
        said: what will be what the guard says of the request.
        on_passed: is called with what of the answer may go on, once for each time that it was told more of it.
    """

    said: "asyncio.Future[Said]"
    on_passed: Callable[[Passed], None]

    def answer(self, octets: bytes, kind: str, *, last: bool) -> None:
        """Take more of the answer, of `EVENTS` or `JSON`; of `OTHER`, only that there is one."""
        ...

    def end(self) -> None:
        """Take no more."""
        ...


Inspection: TypeAlias = asyncio.Future[Said]
