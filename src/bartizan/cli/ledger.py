"""`bartizan ledger`: verify the record, prove an entry, export, back up, restore it, or ask it questions."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    json_option,
    naming,
    new_file,
    path,
    state_options,
    text,
    whole,
)
from bartizan.cli.ledger_export import add_arguments, check_proof, run_export, run_prove
from bartizan.cli.ledger_keys import FileUnreadable, keys_for, small
from bartizan.cli.ledger_recover import add_arguments as recovering
from bartizan.cli.ledger_recover import run_backup, run_restore
from bartizan.cli.place import near, state
from bartizan.cli.screen import table
from bartizan.clock import SECOND, SystemClock
from bartizan.ledger.checkpoint import CheckpointInvalid, CheckpointMalformed, Verifiers
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import CHECKPOINT, read_small, write_whole
from bartizan.ledger.query import MOST, Query, query
from bartizan.ledger.verify import MEANING, Level, Verification, verify
from bartizan.ledger.vocabulary import KINDS

SHOWN: Final = 20
"""Faults that are printed; --json lists more."""
SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _ACTIONS[arguments.action](arguments, shell, state(arguments, shell).ledger)


def _verify(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    if arguments.proof is not None:
        return check_proof(arguments, shell, ledger)
    keys = keys_for(ledger, arguments.keys)
    found = _checked(ledger, keys, arguments.checkpoint, arguments.save)
    if arguments.save is not None and found.intact:
        with naming(arguments.save):
            write_whole(arguments.save, read_small(ledger / CHECKPOINT))
    if arguments.json:
        shell.out.document(_verified(found))
    else:
        shell.out.line("\n".join(_verdict(found)))
        if arguments.save is not None and found.intact:
            shell.out.line(
                f"checkpoint saved to {near(arguments.save, shell.folder)}; keep it on another machine"
            )
    return Exit.CLEAN if found.intact else Exit.FINDINGS


def _checked(ledger: Path, keys: Verifiers, given: Path | None, saved: Path | None) -> Verification:
    """Verify with each checkpoint that was kept, and with none where none was; the first that lies decides.

    What lies where the latest is to be saved was kept as well: it is asked before it is replaced.
    """
    files = [*([given] if given else []), *([saved] if saved and saved.exists() else [])]
    notes = [_checkpoint(file, keys) for file in files]
    found = verify(ledger, keys, notes[0] if notes else None)
    for note in notes[1:]:
        found = verify(ledger, keys, note) if found.intact else found
    return found


def _checkpoint(file: Path, keys: Verifiers) -> bytes:
    """Return a remembered checkpoint; one that is none is the caller's mistake, one that lies is a finding."""
    note = small(file)
    try:
        keys.open(note)
    except CheckpointMalformed as fault:
        raise FileUnreadable(file, f"it is no checkpoint: {fault.fault}") from fault
    except CheckpointInvalid:
        return note
    return note


def _verdict(found: Verification) -> list[str]:
    if found.intact:
        return [
            f"intact: {found.entries} entries, {found.signed} of them under a signed checkpoint{_gone(found)}",
            f"{found.level.value}: {MEANING[found.level]}",
        ]
    rows = [
        (f"  #{fault.position}" if fault.position >= 0 else "  -", fault.word.value, fault.what)
        for fault in found.faults[:SHOWN]
    ]
    more = [f"  and {found.count - len(rows)} more"] if found.count > len(rows) else []
    plural = "fault" if found.count == 1 else "faults"
    return [f"NOT INTACT: {found.count} {plural} in {found.entries} entries", table(rows), *more]


def _gone(found: Verification) -> str:
    return f"; {found.pruned} pruned, as the record says" if found.pruned else ""


def _verified(found: Verification) -> dict[str, Any]:
    return {
        "intact": found.intact,
        "entries": found.entries,
        "signed": found.signed,
        "pruned": found.pruned,
        "level": found.level.value,
        "meaning": MEANING[found.level] if found.intact else "",
        "witnessed": found.level is Level.WITNESSED,
        "faults": found.count,
        "listed": [
            {"word": fault.word.value, "position": fault.position, "what": fault.what}
            for fault in found.faults
        ],
    }


def _query(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
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


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    check = actions.add_parser(
        "verify", help="check every entry against the tree, and the tree against its signatures"
    )
    check.add_argument(
        "--checkpoint",
        type=path,
        metavar="FILE",
        help="one that was kept elsewhere: nothing before it was rewritten",
    )
    check.add_argument("--keys", type=path, metavar="FILE", help="public keys that were kept elsewhere")
    check.add_argument(
        "--save",
        type=new_file,
        metavar="FILE",
        help="where it is intact, save the latest checkpoint; one that is there already is verified with first",
    )
    check.add_argument(
        "--proof", type=path, metavar="FILE", help="check this proof of one entry, and nothing else"
    )
    ask = actions.add_parser("query", help="show entries, the newest at the end")
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
    for action in (check, ask, *add_arguments(actions), *recovering(actions)):
        state_options(action)
        json_option(action)


_ACTIONS: Final = {
    "verify": _verify,
    "query": _query,
    "prove": run_prove,
    "export": run_export,
    "backup": run_backup,
    "restore": run_restore,
}
COMMAND = Command(
    "ledger",
    "Reads the record of a state folder, also while the platform runs, or of a copy; restore alone changes it.\n"
    "Ends with 0; verify: with 1 where the record is not intact; 3 where it cannot be read.",
    _arguments,
    _run,
)
