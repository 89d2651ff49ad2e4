"""`bartizan schedule ...`: show what the platform runs by itself, and when, or run it now."""

import argparse
import time
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.admin.schedules import Shown
from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Parser, Shell, json_option, name, state_options
from bartizan.cli.place import state
from bartizan.cli.screen import span, table
from bartizan.clock import SECOND, Nanoseconds, SystemClock

_ASK_SECONDS: Final = 0.2
"""How often it is asked whether a run has ended."""
_CODES: Final = {"done": Exit.CLEAN, "found": Exit.FINDINGS, "failed": Exit.UNEVALUATED}
_SIGNALLED: Final = 128


class RunForgotten(Exception):
    """The platform no longer knows the run that was waited for."""

    def __init__(self, schedule: str) -> None:
        """Name the schedule."""
        super().__init__(
            f"{schedule} was taken out of the configuration meanwhile; look at `bartizan ledger query`"
        )


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner = Owner(state(arguments, shell))
    return _list(arguments, shell, owner) if arguments.action == "list" else _now(arguments, shell, owner)


def _list(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> Exit:
    found = owner.schedules()
    if arguments.json:
        shell.out.document([document(each) for each in found])
    else:
        now = SystemClock().now()
        head = ("SCHEDULE", "EVERY", "LAST", "TOOK", "OUTCOME", "NEXT", "")
        shell.out.line(table([head, *(_cells(each, now) for each in found)]))
    return Exit.FINDINGS if any(each.overdue for each in found) else Exit.CLEAN


def _now(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> Exit:
    started = owner.run(arguments.name)
    found = started
    while found.running and found.runs == started.runs:
        shell.err.progress(f"{found.run} is running: it {found.about}")
        time.sleep(_ASK_SECONDS)
        found = _of(owner.schedules(), started.name)
    shell.err.progress("")
    if arguments.json:
        shell.out.document(document(found))
    else:
        shell.out.line(f"{found.name}: {_outcome(found)}, in {_took(found)}")
    return _CODES[found.outcome]


def _of(schedules: tuple[Shown, ...], schedule: str) -> Shown:
    for each in schedules:
        if each.name == schedule:
            return each
    raise RunForgotten(schedule)


def document(found: Shown) -> dict[str, Any]:
    """Return a schedule as JSON shows it: instants as dates, and null where there is none."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    told |= {field: _date(told[field]) for field in ("due", "started", "ended", "good")}
    return told | {"at": _time(found.at) or None}


def _cells(found: Shown, now: Nanoseconds) -> tuple[str, ...]:
    every = span(found.every) if found.every else "off"
    return (
        found.name if found.name == found.run else f"{found.name} ({found.run})",
        f"{every} at {_time(found.at)}" if found.at >= 0 and found.every else every,
        f"{span((now - found.started) / SECOND)} ago" if found.started else "never",
        "-" if found.running or not found.ended else _took(found),
        _outcome(found),
        _next(found, now),
        "OVERDUE" if found.overdue else "",
    )


def _outcome(found: Shown) -> str:
    if found.running:
        return "running"
    if found.outcome == "found":
        return "found something"
    if found.outcome != "failed":
        return found.outcome or "-"
    return f"FAILED: {_why(found)}"


def _why(found: Shown) -> str:
    number = {"status": found.status, "signal": found.status - _SIGNALLED}.get(found.reason)
    return found.reason if number is None else f"{found.reason} {number}"


def _next(found: Shown, now: Nanoseconds) -> str:
    if found.running:
        return "now"
    if not found.due:
        return "-"
    return f"in {span((found.due - now) / SECOND)}" if found.due > now else "now"


def _took(found: Shown) -> str:
    return span((found.ended - found.started) / SECOND)


def _time(at: int) -> str:
    return "" if at < 0 else f"{at // 60:02}:{at % 60:02}Z"


def _date(at: int) -> str | None:
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat() if at else None


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    shown = actions.add_parser(
        "list", help="show each schedule, with its last run and when the next one starts"
    )
    run = actions.add_parser("run", help="run it now, also where it is off, and wait until it has ended")
    run.add_argument("name", metavar="NAME", type=name, help="of the schedule, as `schedule list` shows it")
    for action in (shown, run):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "schedule",
    "Acts on the running platform of a state folder, as its owner: what it runs by itself is configured with\n"
    "[[schedule]]. A run that was started goes on when this command is interrupted.\n"
    "list: ends with 0, or 1 where one is overdue. run: ends as the run did: with 0, 1 where it found something,\n"
    "3 where it failed. 2 where the platform refuses, 3 where none runs.",
    _arguments,
    _run,
)
