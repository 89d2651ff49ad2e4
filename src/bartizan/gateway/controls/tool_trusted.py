"""`gateway.tool-trusted`: a tool is called only as it was pinned, and one that may destroy only as approved."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.faults import FAULTS, TOOL
from bartizan.gateway.subject import ToolFacts


def judge(tool: ToolFacts) -> tuple[Finding, ...]:
    """Return why a tool may not be called, or nothing."""
    for reason, found in (
        ("tool-unlisted", not tool.listed),
        ("tool-changed", tool.changed),
        ("tool-unpinned", not tool.pinned),
        ("approval-needed", tool.destructive and not tool.approved),
    ):
        if found:
            return (Finding(reason, FAULTS[reason].what),)
    return ()


CONTROL = Control(
    id=TOOL,
    promise="Tools are called only as they were pinned, destructive ones as approved",
    reads=ToolFacts,
    severity=Severity.HIGH,
    because="What a tool says of itself steers the model that reads it, and can change after it was trusted.",
    references=("AML.T0051.001", "CWE-494", "LLM06:2025"),
    remediation="Look at what the tool says now; pin it anew or approve it under service.tools, or leave it.",
    judge=judge,
    fires_on=(
        ToolFacts(listed=False),
        ToolFacts(changed=True),
        ToolFacts(pinned=False),
        ToolFacts(destructive=True),
    ),
    silent_on=(ToolFacts(), ToolFacts(destructive=True, approved=True)),
)
