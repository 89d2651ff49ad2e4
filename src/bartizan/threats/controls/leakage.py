"""`threats.leakage`: secrets, personal and health data neither reach a model nor leave in what it answers."""

from typing import Final

from bartizan.control import Confidence, Control, Finding, Severity
from bartizan.text.rule import Kind
from bartizan.threats.subject import Channel, Spotted

_FINDINGS: Final = {
    Kind.SECRET: Finding(
        "secret", "The text holds a key or a token; leave it out, and replace that key.", Severity.HIGH
    ),
    Kind.PERSONAL: Finding(
        "personal-data", "The text holds personal data that the model need not have.", Severity.MEDIUM
    ),
    Kind.NAME: Finding("names", "The text names a person or a place.", Severity.LOW, Confidence.MEDIUM),
    Kind.HEALTH: Finding(
        "health-data", "The text holds an identifier of a patient; leave it out.", Severity.HIGH
    ),
    Kind.REPEATED: Finding(
        "system-prompt",
        "The answer repeats what the application told the model; ask for something else.",
        Severity.HIGH,
    ),
    Kind.ELSEWHERE: Finding(
        "exfiltration",
        "The answer leads, or has whoever shows it fetch, from a host that is not on the service's list; leave it out.",
        Severity.HIGH,
    ),
    Kind.REGISTERED: Finding(
        "training-canary",
        "The text holds the mark of documents that are to be known again; find out how they came here.",
        Severity.HIGH,
    ),
    Kind.EXFILTRATION: Finding(
        "exfiltration",
        "The text has whoever shows it fetch an address that carries data away; leave it out.",
        Severity.HIGH,
        Confidence.MEDIUM,
    ),
}

_PERSONAL: Final = frozenset({Kind.PERSONAL, Kind.NAME})


def judge(spotted: Spotted) -> tuple[Finding, ...]:
    """Return a finding where something stands in a text that is not to leave; the application's own prompt may be personal."""
    found = _FINDINGS.get(spotted.kind)
    if found is None or (spotted.channel is Channel.SYSTEM and spotted.kind in _PERSONAL):
        return ()
    return (found,)


CONTROL = Control(
    id="threats.leakage",
    promise="Secrets, personal and health data do not leak through models",
    reads=Spotted,
    severity=Severity.HIGH,
    because="what a prompt holds is the model operator's too, and what an answer holds is the reader's (OWASP LLM02)",
    references=("AML.T0057", "LLM02:2025", "CWE-200"),
    remediation="look at the finding with `bartizan explain`; replace a key that was found, and redact or refuse by `guard`",
    judge=judge,
    fires_on=(
        Spotted(Channel.USER, Kind.SECRET, "aws-access-key-id"),
        Spotted(Channel.RESPONSE, Kind.PERSONAL, "payment-card"),
        Spotted(Channel.TOOL, Kind.HEALTH, "nhs-number"),
        Spotted(Channel.DOCUMENT, Kind.NAME, "person-name"),
        Spotted(Channel.RESPONSE, Kind.EXFILTRATION, "markdown-image"),
        Spotted(Channel.RESPONSE, Kind.REPEATED, "system-prompt", "base64"),
        Spotted(Channel.RESPONSE, Kind.REPEATED, "canary"),
        Spotted(Channel.RESPONSE, Kind.ELSEWHERE, "link-not-allowed"),
        Spotted(Channel.RESPONSE, Kind.REGISTERED, "handbook"),
    ),
    silent_on=(
        Spotted(Channel.USER, Kind.CUE, "override"),
        Spotted(Channel.SYSTEM, Kind.PERSONAL, "email-address"),
        Spotted(Channel.SYSTEM, Kind.NAME, "place"),
    ),
)
