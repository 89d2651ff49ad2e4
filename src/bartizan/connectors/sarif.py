"""Findings out of a SARIF log. Pure.

Rules of this file: what fails, is open or is to be reviewed is a finding; what passed or was suppressed is none. A
severity is `security-severity` of the rule where it has one, and else the level.
Source: OASIS Standard sarif-v2.1.0, sections 3.14 (run), 3.27 (result), 3.35 (suppression), 3.49 (reportingDescriptor);
CVSS 3.1, section 5 (qualitative severity rating), for `security-severity`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bartizan.connectors.findings import DocumentRefused, Finding, Read, documents, items, members, text

_LEVELS: Final[Mapping[str, str]] = {
    "none": "informational",
    "note": "low",
    "warning": "medium",
    "error": "high",
}
_FOUND: Final = frozenset({"fail", "open", "review"})
_BANDS: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "informational"))
_TOOL: Final = "a run names no tool"
_KIND: Final = "a result says its kind by no text, or by one that is too long"
_RULE: Final = "a result names its rule by no text, or by one that is too long"


def read(octets: bytes) -> Read:
    """Return what a SARIF log holds.

    Raises:
        DocumentRefused: it is none of version 2.1.
    """
    logs = tuple(documents(octets))
    log = members(logs[0]) if len(logs) == 1 else {}
    if not str(log.get("version", "")).startswith("2.1") or not isinstance(log.get("runs"), list):
        raise DocumentRefused("it is no SARIF log of version 2.1")
    findings: list[Finding] = []
    tools: list[str] = []
    left = 0
    for run in log["runs"]:
        driver = members(members(members(run).get("tool")).get("driver"))
        tools.append(text(driver.get("name"), _TOOL))
        for found in _results(members(run), driver, tools[-1]):
            if found is None:
                left += 1
            else:
                findings.append(found)
    return Read(tuple(findings), tuple(tools), left)


def _results(run: dict[str, Any], driver: dict[str, Any], tool: str) -> Iterator[Finding | None]:
    rules = tuple(items(driver.get("rules")))
    by_id = {one["id"]: one for one in map(members, rules) if isinstance(one.get("id"), str)}
    for result in map(members, items(run.get("results"))):
        rule_id, rule = _rule(result, rules, by_id)
        if text(result.get("kind", "fail"), _KIND) not in _FOUND or _suppressed(result):
            yield None
        else:
            cleared = result.get("baselineState") == "absent"
            yield Finding(tool, rule_id, _severity(result, rule), cleared)


def _rule(
    result: dict[str, Any], rules: tuple[Any, ...], by_id: dict[str, dict[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """Return id and description of the rule that a result is of; empty where it names none."""
    named = members(result.get("rule"))
    found = result.get("ruleId", named.get("id"))
    at = result.get("ruleIndex", named.get("index"))
    indexed = members(rules[at]) if type(at) is int and 0 <= at < len(rules) else {}
    identity = text(found if found is not None else indexed.get("id", ""), _RULE)
    return identity, indexed or by_id.get(identity, {})


def _suppressed(result: dict[str, Any]) -> bool:
    """Return whether somebody has accepted it; a suppression that is under review or rejected is none."""
    return any(
        members(one).get("status", "accepted") == "accepted" for one in items(result.get("suppressions"))
    )


def _severity(result: dict[str, Any], rule: dict[str, Any]) -> str:
    score = members(rule.get("properties")).get("security-severity")
    if isinstance(score, str | int | float) and not isinstance(score, bool) and (word := _band(score)):
        return word
    level = result.get("level", members(rule.get("defaultConfiguration")).get("level", "warning"))
    return _LEVELS.get(level, "unknown") if isinstance(level, str) else "unknown"


def _band(score: str | float) -> str:
    try:
        number = float(score)
    except (ValueError, OverflowError):
        return ""
    if math.isnan(number) or not 0 <= number <= 10:  # noqa: PLR2004  # CVSS
        return ""
    return next((word for least, word in _BANDS if number >= least), "informational")
