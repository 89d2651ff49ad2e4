"""A run of the drill as SARIF 2.1.0, for code-scanning dashboards and CI.

Source: OASIS Standard sarif-v2.1.0, sections 3.20 (invocation), 3.27 (result), 3.49 (reportingDescriptor).
"""

from typing import Any

from bartizan import __version__
from bartizan.drill.attack import Attack
from bartizan.drill.verdict import Result, Tried, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_KIND = {
    Verdict.HELD: "pass",
    Verdict.BROKEN: "fail",
    Verdict.UNPROTECTED: "fail",
    Verdict.UNDECIDED: "review",
}
_LEVEL = {
    Verdict.HELD: "none",
    Verdict.BROKEN: "error",
    Verdict.UNPROTECTED: "warning",
    Verdict.UNDECIDED: "none",  # 3.27.10: a level other than none stands only with kind fail
}


def encode(result: Result) -> dict[str, Any]:
    """Return the SARIF log of a run: one rule and one result an attack, held ones included as passes."""
    tried = result.attempts(*Verdict)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver([attempt.attack for attempt in tried])},
                "automationDetails": {"id": f"bartizan/drill/{result.service}/{result.run}"},
                "invocations": [_invocation(result.attempts(Verdict.UNDECIDED))],
                "results": [_result(place, attempt) for place, attempt in enumerate(tried)],
            }
        ],
    }


def _driver(attacks: list[Attack]) -> dict[str, Any]:
    return {
        "name": "bartizan drill",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": attack.name,
                "name": attack.title,
                "shortDescription": {"text": attack.title},
                "fullDescription": {"text": attack.because},
                "properties": {"tags": [attack.control, *attack.references]},
            }
            for attack in attacks
        ],
    }


def _invocation(undecided: tuple[Tried, ...]) -> dict[str, Any]:
    return {
        "executionSuccessful": not undecided,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": attempt.said},
                "associatedRule": {"id": attempt.attack.name},
            }
            for attempt in undecided
        ],
    }


def _result(place: int, attempt: Tried) -> dict[str, Any]:
    ledger = {"entry": attempt.entry, "first": attempt.first, "last": attempt.last}
    return {
        "ruleId": attempt.attack.name,
        "ruleIndex": place,
        "kind": _KIND[attempt.verdict],
        "level": _LEVEL[attempt.verdict],
        "message": {"text": attempt.said},
        "locations": [
            {"logicalLocations": [{"fullyQualifiedName": attempt.attack.control, "kind": "member"}]}
        ],
        "partialFingerprints": {"attack/v1": f"{attempt.attack.control}/{attempt.attack.name}"},
        "properties": {
            "verdict": attempt.verdict.value,
            "ledger": {name: index for name, index in ledger.items() if index is not None},
        },
    }
