"""`threats.prompt-injection`: nobody but the application tells the model what to do."""

from typing import Final

from bartizan.control import Confidence, Control, Finding, Severity
from bartizan.text.rule import Kind
from bartizan.threats.subject import OF_STRANGERS, Channel, Spotted

_REASONS: Final = {Kind.CUE: "prompt-injection", Kind.HIDDEN: "hidden-text"}
_WHAT: Final = {
    "prompt-injection": "The text tells the model to act against its instructions; leave that part out.",
    "hidden-text": "The text holds words that a reader of the page would not see; leave them out.",
}


def judge(spotted: Spotted) -> tuple[Finding, ...]:
    """Return a finding where somebody else's words steer the model; surest where they stand in data, or disguised."""
    reason = _REASONS.get(spotted.kind, "")
    if not reason or spotted.channel not in OF_STRANGERS:
        return ()
    sure = spotted.score >= _SURE and (spotted.channel is not Channel.USER or bool(spotted.reading))
    return (Finding(reason, _WHAT[reason], Severity.HIGH, Confidence.HIGH if sure else Confidence.MEDIUM),)


_SURE: Final = 0.999
"""A score that is as good as a rule."""


CONTROL = Control(
    id="threats.prompt-injection",
    promise="Prompts, documents and tool results do not take over the model",
    reads=Spotted,
    severity=Severity.HIGH,
    because="a model does not tell instructions from data, so whoever writes the data can instruct it (OWASP LLM01)",
    references=("AML.T0051", "LLM01:2025", "CWE-1427"),
    remediation='look at the finding with `bartizan explain`; give the service guard = "standard" to have it refused',
    judge=judge,
    fires_on=(
        Spotted(Channel.USER, Kind.CUE, "override"),
        Spotted(Channel.TOOL, Kind.CUE, "override", "base64"),
        Spotted(Channel.DOCUMENT, Kind.HIDDEN, "hidden-style"),
        Spotted(Channel.USER, Kind.CUE, "model", score=0.98),
    ),
    silent_on=(
        Spotted(Channel.SYSTEM, Kind.CUE, "override"),
        Spotted(Channel.RESPONSE, Kind.CUE, "override"),
        Spotted(Channel.USER, Kind.SECRET, "aws-access-key-id"),
    ),
)
