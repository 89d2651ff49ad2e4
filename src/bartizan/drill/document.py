"""A run of the drill as one JSON document, for scripts."""

from typing import Any

from bartizan.drill.verdict import Result, Row, Standing, Tried, Verdict


def encode(result: Result) -> dict[str, Any]:
    """Return the whole run; `counts` reconciles with `controls`, and those with `attacks`."""
    return {
        "run": result.run,
        "service": result.service,
        "seconds": round(result.seconds, 3),
        "counts": {standing.value: result.count(standing) for standing in Standing},
        "controls": [_control(row) for row in result.rows],
        "attacks": [_attack(attempt) for attempt in result.attempts(*Verdict)],
    }


def _control(row: Row) -> dict[str, Any]:
    return {
        "control": row.control,
        "standing": row.standing.value,
        "held": row.held,
        "tried": len(row.tried),
        "entries": list(row.entries) if row.entries else None,
        "hardest": row.hardest.attack.name,
    }


def _attack(attempt: Tried) -> dict[str, Any]:
    return {
        "attack": attempt.attack.name,
        "control": attempt.attack.control,
        "title": attempt.attack.title,
        "verdict": attempt.verdict.value,
        "said": attempt.said,
        "references": list(attempt.attack.references),
        "micros": attempt.micros,
        "ledger": {"entry": attempt.entry, "first": attempt.first, "last": attempt.last},
    }
