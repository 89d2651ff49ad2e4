"""`bartizan evidence ...`: list what the guard found and is kept sealed, open a piece of it, erase it."""

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.admin.evidence import EvidenceKept, Excerpt, Purpose
from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Parser, Shell, UsageInvalid, json_option, state_options, text
from bartizan.cli.place import state
from bartizan.cli.screen import table
from bartizan.clock import SECOND
from bartizan.printable import printable

_HEAD: Final = ("ID", "SEALED", "GOES", "SERVICE", "REQUEST", "OCTETS")


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    actions: Mapping[str, Callable[[argparse.Namespace, Shell, Owner], None]] = {
        "list": _list,
        "open": _open,
        "erase": _erase,
    }
    actions[arguments.action](arguments, shell, Owner(state(arguments, shell)))
    return Exit.CLEAN


def _list(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    found = [each for each in owner.evidence() if arguments.request in ("", each.request)]
    if arguments.json:
        shell.out.document([msgspec.to_builtins(each) for each in found])
    elif found:
        rows = [
            (each.id, _date(each.at), _date(each.until), each.service, each.request, str(each.octets))
            for each in found
        ]
        shell.out.line(table([_HEAD, *rows], frozenset({5})))
    else:
        shell.out.line('nothing is kept; a service keeps evidence with evidence = "30d"')


def _open(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    found = owner.open_evidence(arguments.id, Purpose(arguments.purpose))
    if arguments.json:
        shell.out.document(msgspec.to_builtins(found))
        return
    of = found.evidence
    shell.out.line(f"{of.id}  of {of.request} for {of.service} by {of.principal}; goes {_date(of.until)}")
    for each in found.excerpts:
        shell.out.line("\n".join(_said(each)))


def _said(each: Excerpt) -> list[str]:
    """Return an excerpt for a terminal: nothing in it moves the cursor, and what was found stands between marks."""
    read = f", read as {each.reading}" if each.reading else ""
    before, found, after = each.text[: each.start], each.text[each.start : each.end], each.text[each.end :]
    marked = f"{printable(before)}>>>{printable(found)}{'…' if each.cut else ''}<<<{printable(after)}"
    return [
        f"  {printable(each.reason)} (rule {printable(each.rule)}{printable(read)}) in the words of: {printable(each.channel)}",
        f"    {marked}",
    ]


def _erase(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    if bool(arguments.id) == arguments.all:
        raise UsageInvalid("name what is to be erased, or all of it: bartizan evidence erase ID, or --all")
    wanted = [each.id for each in owner.evidence()] if arguments.all else [arguments.id]
    gone: list[EvidenceKept] = [owner.erase_evidence(each) for each in wanted]
    if arguments.json:
        erased: list[dict[str, Any]] = [msgspec.to_builtins(each) for each in gone]
        shell.out.document({"erased": erased})
    else:
        shell.out.line(f"{len(gone)} erased")


def _date(at: int) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d %H:%M:%SZ}"


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    shown = actions.add_parser("list", help="show what is kept, unopened")
    shown.add_argument("--request", type=text, default="", metavar="ID", help="of this request alone")
    opened = actions.add_parser("open", help="open a piece; who did, and what for, is on record before")
    opened.add_argument("id", type=text, metavar="ID", help="as `list` shows it")
    purposes = [each.value for each in Purpose]
    opened.add_argument("--purpose", required=True, choices=purposes, help=f"one of {', '.join(purposes)}")
    gone = actions.add_parser("erase", help="erase a piece, or all of it, before its time")
    gone.add_argument("id", type=text, nargs="?", default="", metavar="ID", help="as `list` shows it")
    gone.add_argument("--all", action="store_true", help="everything that is kept")
    for action in (shown, opened, gone):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "evidence",
    "Acts on the running platform, as its owner: what the guard found in requests and answers of services with\n"
    '`evidence = "30d"`, sealed outside of the ledger until then.\n'
    "Ends with 0; with 2 where there is no such piece or it cannot be opened, 3 where no platform answers.",
    _arguments,
    _run,
)
