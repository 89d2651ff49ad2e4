"""Findings out of OCSF events: one object, an array of them, or one a line. Pure.

Rules of this file: events of the category Findings are findings; every other event is left. A rule is the analytic, a
vulnerability's CVE, or a control; a title is a person's text and not read.
Source: OCSF schema, category 2 (Findings), `finding_info`, `analytic`, `vulnerability`, `severity_id`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bartizan.connectors.findings import DocumentRefused, Finding, Read, documents, items, members, text

_FINDINGS: Final = 2
_CLOSE: Final = 3
_SEVERITIES: Final[Mapping[int, str]] = {
    1: "informational",
    2: "low",
    3: "medium",
    4: "high",
    5: "critical",
    6: "critical",
}
"""`severity_id` -> a word of the record; Fatal is critical."""
_NO_EVENT: Final = "it is no OCSF event"
_TOOL: Final = "an event's product has no name, or one that is too long"
_RULE: Final = "an event names its rule by no text, or by one that is too long"


def read(octets: bytes) -> Read:
    """Return what OCSF events hold.

    Raises:
        DocumentRefused: something is no event of OCSF, or there is none.
    """
    findings: list[Finding] = []
    tools: list[str] = []
    left = 0
    for event in _events(octets):
        uid = event.get("class_uid")
        if type(uid) is not int or uid < 0:
            raise DocumentRefused(_NO_EVENT)
        tools.append(_tool(event))
        if uid // 1000 % 100 == _FINDINGS:  # an extension puts its number in front
            findings.extend(_found(event, tools[-1]))
        else:
            left += 1
    if not tools:
        raise DocumentRefused(_NO_EVENT)
    return Read(tuple(findings), tuple(dict.fromkeys(tools)), left)


def _events(octets: bytes) -> Iterator[dict[str, Any]]:
    for value in documents(octets):
        for one in value if isinstance(value, list) else (value,):
            if not isinstance(one, dict):
                raise DocumentRefused(_NO_EVENT)
            yield one


def _tool(event: dict[str, Any]) -> str:
    product = members(members(event.get("metadata")).get("product"))
    named = product.get("name") or product.get("vendor_name") or product.get("uid")
    return text(named, _TOOL)


def _found(event: dict[str, Any], tool: str) -> Iterator[Finding]:
    number = event.get("severity_id")
    severity = _SEVERITIES.get(number, "unknown") if type(number) is int else "unknown"
    cleared = event.get("activity_id") == _CLOSE
    for rule in _rules(event):
        yield Finding(tool, text(rule, _RULE), severity, cleared)


def _rules(event: dict[str, Any]) -> list[Any]:
    """Return what an event is found by: each of its vulnerabilities, or its one rule."""
    found = [
        members(members(one).get("cve")).get("uid", members(one).get("uid", ""))
        for one in items(event.get("vulnerabilities"))
    ]
    if found:
        return found
    analytic = members(members(event.get("finding_info")).get("analytic"))
    control = members(event.get("compliance")).get("control")
    return [analytic.get("uid") or analytic.get("name") or control or ""]
