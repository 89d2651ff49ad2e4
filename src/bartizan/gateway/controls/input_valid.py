"""`gateway.input-valid`: nothing ambiguous, oversized or unknown gets past the gateway."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.faults import FAULTS, INPUT
from bartizan.gateway.framing_rules import framing_fault
from bartizan.gateway.subject import RequestFacts


def judge(facts: RequestFacts) -> tuple[Finding, ...]:
    """Return the first fault of a request's head or body."""
    reason = facts.fault or framing_fault(facts)
    return (Finding(reason, FAULTS[reason].what),) if reason else ()


_HOST = {b"host": b"localhost"}
_LENGTH = _HOST | {b"content-length": b"2"}
_CODED = _HOST | {b"transfer-encoding": b"chunked"}

CONTROL = Control(
    id=INPUT,
    promise="Only well-formed requests of known shape are forwarded",
    reads=RequestFacts,
    severity=Severity.HIGH,
    because="Two parties that read one request differently let an attacker hide a second one in it (RFC 9112 11.2).",
    references=("CWE-444", "CWE-20", "API8:2023"),
    remediation="Send one unambiguous HTTP/1.1 request whose body has the documented shape.",
    judge=judge,
    fires_on=(
        RequestFacts(fault="json-member-repeated", fields=_LENGTH),
        RequestFacts(fields=_LENGTH | _CODED),
        RequestFacts(fields=_LENGTH, repeated=(b"host",)),
        RequestFacts(fields=_LENGTH, host_known=False),
        RequestFacts(fields=_CODED, minor=0),
    ),
    silent_on=(
        RequestFacts(fields=_LENGTH),
        RequestFacts(fields=_CODED),
        RequestFacts(method=b"GET", fields=_HOST),
    ),
)
