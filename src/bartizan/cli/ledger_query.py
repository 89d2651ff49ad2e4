"""What `bartizan ledger query` asks of the record, and how the answers are shown."""

import argparse
import json
import re
import select
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.cli.command import Exit, Shell, UsageInvalid, text, whole
from bartizan.cli.ledger_count import (
    BUCKETS,
    counted,
    document,
    measured,
    question,
    require_counting,
    shown,
)
from bartizan.cli.screen import table
from bartizan.clock import MICROSECOND, SECOND, SystemClock
from bartizan.ledger.aggregate import aggregate
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome
from bartizan.ledger.follow import follow
from bartizan.ledger.query import EVER, MOST, Query, query
from bartizan.ledger.vocabulary import KINDS

SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LOOK_SECONDS: Final = 0.5
"""How long who follows waits before looking again."""
_HEAD: Final = ("ENTRY", "AT", "KIND", "ACTOR", "SUBJECT", "OUTCOME", "CONTROL", "DETAIL")
_WIDTHS: Final = (9, 20, 25, 18, 18, 7, 25, 0)
"""Columns of lines that are shown as they come."""


def answer(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Ask, and show what is found."""
    require_counting(arguments)
    asked = _asked(arguments)
    if arguments.follow:
        return _followed(arguments, shell, ledger, asked)
    if arguments.count_by is not None:
        return _counted(arguments, shell, ledger, asked)
    found = query(ledger, asked)
    if not found:
        shell.err.line("no entry is like that")
    if arguments.json:
        shell.out.document([_told(entry) for entry in found])
    elif found:
        shell.out.line(table([_HEAD, *map(_cells, found)], frozenset({0})))
    return Exit.CLEAN


def _asked(arguments: argparse.Namespace) -> Query:
    if arguments.until is not None and arguments.until <= arguments.since:
        raise UsageInvalid("--until is not after --since, so nothing can be between them")
    return Query(
        since=arguments.since,
        until=EVER if arguments.until is None else arguments.until,
        kind=arguments.kind,
        actor=arguments.actor,
        subject=arguments.subject,
        control=arguments.control,
        outcome=None if arguments.outcome is None else Outcome(arguments.outcome),
        first=arguments.first or 0,
        last=arguments.first is None,
        limit=arguments.limit,
    )


def _counted(arguments: argparse.Namespace, shell: Shell, ledger: Path, asked: Query) -> Exit:
    wanted = question(arguments, asked)
    found = aggregate(ledger, wanted)
    if not found.rows:
        shell.err.line("no entry is like that")
    if found.more:
        shell.err.line(f"there are more than {len(found.rows)} rows; see more with --limit")
    if arguments.json:
        shell.out.document(document(found, wanted))
    elif found.rows:
        shell.out.line(shown(found, wanted))
    return Exit.CLEAN


def _followed(arguments: argparse.Namespace, shell: Shell, ledger: Path, asked: Query) -> Exit:
    """Show what is there and what comes, until somebody interrupts, or nobody reads it any more."""
    if arguments.count_by is not None:
        raise UsageInvalid("--follow shows entries as they come and --count-by counts those that are there")
    if not arguments.json:
        shell.out.line(_line(_HEAD))
    for entries in follow(ledger, asked, _pause):
        for entry in entries:
            shell.out.line(json.dumps(_told(entry)) if arguments.json else _line(_cells(entry)))
        if shell.out.abandoned:
            break
    return Exit.CLEAN


def _pause() -> None:
    select.select([], [], [], _LOOK_SECONDS)


def _told(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.index, **msgspec.to_builtins(entry.event)}


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


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


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


def instant(given: str) -> int:
    """Return an instant, UTC nanoseconds, out of a span (`90s`, `2h`, `7d`) before now or an ISO date.

    Raises:
        ArgumentTypeError: neither.
    """
    wanted = re.fullmatch(r"([0-9]{1,6})([smhd])", given)
    if wanted is not None:
        return max(0, SystemClock().now() - int(wanted[1]) * SPANS[wanted[2]] * SECOND)
    try:
        at = datetime.fromisoformat(given)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return min(max(0, (at - _EPOCH) // _MICROSECOND * MICROSECOND), EVER)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            "a span such as 2h or 7d, or a date such as 2026-11-23T15:00"
        ) from None


def questions(ask: argparse.ArgumentParser) -> None:
    """Declare what can be asked for."""
    which = ask.add_argument_group("which entries")
    which.add_argument(
        "--kind",
        type=kind,
        default="",
        metavar="KIND",
        help="a kind, or what kinds begin with, up to a dot: gateway.request",
    )
    which.add_argument(
        "--since", type=instant, default=0, metavar="WHEN", help="a span such as 2h or 7d, or a date"
    )
    which.add_argument("--until", type=instant, metavar="WHEN", help="the same; up to then, and not later")
    which.add_argument(
        "--actor", type=text, default="", metavar="ID", help="who did it: p-..., a-..., owner, anonymous"
    )
    which.add_argument(
        "--subject", type=text, default="", metavar="ID", help="such as a request's id, as clients get it"
    )
    which.add_argument("--control", type=text, default="", metavar="ID", help="the control that decided")
    which.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help="what came of it")
    which.add_argument(
        "--first",
        type=whole(0, 2**53),
        metavar="INDEX",
        help="from this entry on, the oldest first; without it, the newest",
    )
    which.add_argument(
        "--limit", type=whole(1, MOST), default=50, metavar="N", help="how many at most; default: 50"
    )
    _ways(ask.add_argument_group("what of them"))


def _ways(how: argparse._ArgumentGroup) -> None:
    how.add_argument(
        "--follow", action="store_true", help="and those that come, until Ctrl-C; --json: an object a line"
    )
    how.add_argument(
        "--count-by",
        type=counted,
        metavar="FIELD[,FIELD]",
        help="how many, by parts of entries and fields of their details: kind,outcome or service,status",
    )
    how.add_argument("--bucket", choices=list(BUCKETS), help="with --count-by: apart for each of these spans")
    how.add_argument(
        "--measure",
        type=measured,
        metavar="FIELD",
        help="with --count-by: what the numbers of a field come to: micros, octets, output",
    )
