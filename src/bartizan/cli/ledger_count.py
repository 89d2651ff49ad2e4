"""How `bartizan ledger query --count-by` shows what entries come to."""

import argparse
from datetime import UTC, datetime
from typing import Any, Final

from bartizan.cli.command import UsageInvalid
from bartizan.cli.screen import table
from bartizan.clock import SECOND
from bartizan.ledger.aggregate import Aggregate
from bartizan.ledger.column_fields import COUNTED, NUMBERS, PARTS
from bartizan.ledger.counting import MOST_FIELDS, QUANTILES, Answer, Measure, Row
from bartizan.ledger.query import Query

BUCKETS: Final = {"1m": 60 * SECOND, "1h": 3600 * SECOND, "1d": 86_400 * SECOND}


def question(arguments: argparse.Namespace, where: Query) -> Aggregate:
    """Return what is to be counted."""
    return Aggregate(
        by=arguments.count_by,
        bucket=BUCKETS.get(arguments.bucket, 0),
        of=arguments.measure or "",
        where=where,
        limit=arguments.limit,
    )


def require_counting(arguments: argparse.Namespace) -> None:
    """Return if what says how to count comes with what to count by.

    Raises:
        UsageInvalid: it comes alone.
    """
    for option in ("bucket", "measure"):
        if getattr(arguments, option) and arguments.count_by is None:
            raise UsageInvalid(
                f"--{option} says how --count-by counts; say by what, such as --count-by kind,outcome"
            )


def counted(given: str) -> tuple[str, ...]:
    """Return the fields of a list between commas.

    Raises:
        ArgumentTypeError: one that entries cannot be counted by, one twice, or too many.
    """
    names = tuple(given.split(","))
    for name in names:
        if name not in COUNTED:
            _unknown(name, COUNTED)
    if len(set(names)) != len(names) or len(names) > MOST_FIELDS:
        raise argparse.ArgumentTypeError(f"count by up to {MOST_FIELDS} fields, each once")
    return names


def measured(given: str) -> str:
    """Return a field of numbers.

    Raises:
        ArgumentTypeError: it is none.
    """
    if given not in NUMBERS:
        _unknown(given, sorted(NUMBERS))
    return given


def _unknown(given: str, known: Any) -> None:  # noqa: ANN401 - names
    from difflib import get_close_matches  # noqa: PLC0415 - only where something was mistyped

    near = get_close_matches(given[:64], known, n=1)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"such as {', '.join(PARTS if PARTS[0] in known else ('micros', 'octets'))}"
    )
    raise argparse.ArgumentTypeError(f"there is no field {given[:64]!r} of that use; {hint}")


def shown(answer: Answer, asked: Aggregate) -> str:
    """Return the rows as a table for people."""
    head = [*(["FROM"] if asked.bucket else []), *(name.upper() for name in asked.by), "ENTRIES"]
    numbers = [f"{asked.of.upper()} LEAST", *(f"P{part}" for part in QUANTILES), "MOST", "TOTAL"]
    head += numbers if asked.of else []
    right = frozenset(range(len(asked.by) + bool(asked.bucket), len(head)))
    return table([head, *(_cells(row, asked) for row in answer.rows)], right)


def _cells(row: Row, asked: Aggregate) -> list[str]:
    start = [datetime.fromtimestamp(row.start // SECOND, UTC).strftime("%Y-%m-%d %H:%M")]
    values = ["-" if value in {None, ""} else str(value) for value in row.values]
    return [*(start if asked.bucket else []), *values, str(row.count), *_numbers(row.measured, asked)]


def _numbers(found: Measure | None, asked: Aggregate) -> list[str]:
    if not asked.of:
        return []
    if found is None:
        return ["-"] * (len(QUANTILES) + 3)
    return [str(one) for one in (found.least, *found.quantiles, found.most, found.total)]


def document(answer: Answer, asked: Aggregate) -> dict[str, Any]:
    """Return the rows as what JSON says."""
    return {
        "entries": answer.size,
        "source": answer.source.value,
        "more": answer.more,
        "rows": [_row(row, asked) for row in answer.rows],
    }


def _row(row: Row, asked: Aggregate) -> dict[str, Any]:
    start = {"from": row.start} if asked.bucket else {}
    told: dict[str, Any] = {
        **start,
        "by": dict(zip(asked.by, row.values, strict=True)),
        "entries": row.count,
    }
    if row.measured is not None:
        found = row.measured
        quantiles = {f"p{part}": value for part, value in zip(QUANTILES, found.quantiles, strict=True)}
        numbers = {"count": found.count, "total": found.total, "least": found.least, "most": found.most}
        told["measured"] = {**numbers, **quantiles}
    return told
