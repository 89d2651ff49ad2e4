"""What `bartizan ledger query` asks of the record, and how the answers are shown."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bartizan.cli.command import Exit, Shell, text, whole
from bartizan.cli.screen import table
from bartizan.clock import SECOND, SystemClock
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome
from bartizan.ledger.query import MOST, Query, query
from bartizan.ledger.vocabulary import KINDS

SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def answer(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Ask, and show what is found."""
    asked = Query(
        since=arguments.since,
        kind=arguments.kind,
        subject=arguments.subject,
        control=arguments.control,
        outcome=None if arguments.outcome is None else Outcome(arguments.outcome),
        last=True,
        limit=arguments.limit,
    )
    found = query(ledger, asked)
    if not found:
        shell.err.line("no entry is like that")
    if arguments.json:
        shell.out.document([{"entry": entry.index, **msgspec.to_builtins(entry.event)} for entry in found])
    elif found:
        head = ("ENTRY", "AT", "KIND", "ACTOR", "SUBJECT", "OUTCOME", "CONTROL", "DETAIL")
        shell.out.line(table([head, *map(_cells, found)], frozenset({0})))
    return Exit.CLEAN


def _cells(entry: Entry) -> tuple[str, ...]:
    event = entry.event
    return (
        f"#{entry.index}",
        datetime.fromtimestamp(event.at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
        event.kind,
        event.actor,
        event.subject or "-",
        event.outcome.value,
        event.control or "-",
        " ".join(f"{field}={value}" for field, value in event.detail.items()),
    )


def kind(given: str) -> str:
    """Return a kind of entries, or what kinds begin with, up to a dot.

    Raises:
        ArgumentTypeError: there is none such.
    """
    if given and not any(f"{known}.".startswith(f"{given}.") for known in KINDS):
        rooms = ", ".join(sorted({known.partition(".")[0] for known in KINDS}))
        raise argparse.ArgumentTypeError(
            f"there is no such kind; give one in full, or as far as a dot: {rooms}, gateway.request"
        )
    return given


def since(given: str) -> int:
    """Return an instant, UTC nanoseconds, out of a span (`90s`, `2h`, `7d`) or an ISO date.

    Raises:
        ArgumentTypeError: neither.
    """
    wanted = re.fullmatch(r"([0-9]{1,6})([smhd])", given)
    if wanted is not None:
        return max(0, SystemClock().now() - int(wanted[1]) * SPANS[wanted[2]] * SECOND)
    try:
        at = datetime.fromisoformat(given)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return min(max(0, int(at.timestamp()) * SECOND), 2**63 - 1)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            "a span such as 2h or 7d, or a date such as 2026-11-23T15:00"
        ) from None


def questions(ask: argparse.ArgumentParser) -> None:
    """Declare what can be asked for."""
    ask.add_argument(
        "--kind",
        type=kind,
        default="",
        metavar="KIND",
        help="a kind, or what kinds begin with, up to a dot: gateway.request",
    )
    ask.add_argument(
        "--since", type=since, default=0, metavar="WHEN", help="a span such as 2h or 7d, or a date"
    )
    ask.add_argument(
        "--subject", type=text, default="", metavar="ID", help="such as a request's id, as clients get it"
    )
    ask.add_argument("--control", type=text, default="", metavar="ID", help="the control that decided")
    ask.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help="what came of it")
    ask.add_argument(
        "--limit", type=whole(1, MOST), default=50, metavar="N", help="how many at most; default: 50"
    )
