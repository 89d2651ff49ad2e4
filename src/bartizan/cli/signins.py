"""`bartizan signins ...`: import sign-ins of other systems, show what was flagged, and how the watch stands."""

import argparse
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.access.signin.logs import READERS
from bartizan.access.signin.suspicion import WHAT, Kind
from bartizan.app.admin.client import SignIns
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.app.signin_import import Brought, bring
from bartizan.app.signin_store import opened
from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    UsageInvalid,
    json_option,
    name,
    path,
    state_options,
    text,
    whole,
)
from bartizan.cli.place import near, state
from bartizan.cli.screen import span, table
from bartizan.cli.settled import configuration
from bartizan.clock import DAY, SECOND, SystemClock
from bartizan.ledger.entry import Entry
from bartizan.ledger.query import Query, query

_FLAGGED: Final = "access.login.flagged"
_MOST: Final = 10_000
_HEAD: Final = ("WHEN", "WHAT IT LOOKS LIKE", "SEVERITY", "ABOUT", "AT", "HELD AGAINST", "ENTRY")


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    actions: Mapping[str, Callable[[argparse.Namespace, Shell], Exit]] = {
        "import": _import,
        "list": _list,
        "status": _status,
        "clear": _clear,
        "forget": _forget,
    }
    return actions[arguments.action](arguments, shell)


def _import(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    budget = configuration(arguments, shell).sections.sign_in.budget
    found = bring(arguments.file, arguments.format, arguments.name or arguments.format, folder, budget)
    if arguments.json:
        shell.out.document(_brought(found))
    else:
        shell.out.line(_told(found, near(arguments.file, shell.folder)))
    return Exit.FINDINGS if found.alerts else Exit.CLEAN


def _brought(found: Brought) -> dict[str, Any]:
    counted = {field: getattr(found, field) for field in ("origin", "signins", "new", "other", "unreadable")}
    alerts = [
        {"at": _date(each.at), "kind": each.kind.value, "severity": each.severity.value, "about": each.about}
        for each in found.alerts
    ]
    return counted | {"learning": found.learning, "alerts": alerts}


def _told(found: Brought, file: str) -> str:
    parts = [f"{found.signins} sign-ins in {file}, {found.new} of them new"]
    parts += [f"{found.other} lines tell of none"] if found.other else []
    parts += [f"{found.unreadable} lines are not of this format"] if found.unreadable else []
    alerts = f"{len(found.alerts)} flagged" + ("; see `bartizan signins list`" if found.alerts else "")
    learning = "\nhabits are still learnt: a week is needed before anything unusual is told of"
    return f"{', '.join(parts)}; {alerts}{learning if found.learning else ''}"


def _list(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    since = max(0, SystemClock().now() - arguments.days * DAY)
    found = query(folder.ledger, Query(kind=_FLAGGED, since=since, last=True, limit=_MOST))
    named = _names(folder, found)
    if arguments.json:
        shell.out.document([_flagged(each, named) for each in found])
    elif found:
        shell.out.line(table([_HEAD, *(_cells(each, named) for each in found)], frozenset({6})))
        kinds = sorted({str(each.event.detail.get("kind")) for each in found})
        shell.out.line("\n" + "\n".join(f"{kind}: {WHAT[Kind(kind)][2]}" for kind in kinds))
    else:
        shell.out.line(f"nothing was flagged in the last {arguments.days} days")
    return Exit.FINDINGS if found else Exit.CLEAN


def _names(folder: Folder, found: Sequence[Entry]) -> Mapping[str, str]:
    """Return whose the pseudonyms are, as far as this machine knows."""
    named: dict[str, str] = {}
    if found and folder.signins.exists():
        with opened(folder.signins) as store:
            named = {each.event.subject: store.name(each.event.subject) for each in found}
    with contextlib.suppress(PlatformSilent):  # then pseudonyms alone are shown
        named |= {person.pseudonym: person.id for person in Owner(folder).people()} if found else {}
    return named


def _flagged(entry: Entry, named: Mapping[str, str]) -> dict[str, Any]:
    event = entry.event
    said = {"at": _date(event.at), "about": event.subject, "name": named.get(event.subject) or None}
    because = event.detail.get("entry")
    return {**event.detail, **said, "because": because, "entry": entry.index}


def _cells(entry: Entry, named: Mapping[str, str]) -> tuple[str, ...]:
    event = entry.event
    said = [str(event.detail.get(field, "-")) for field in ("kind", "severity", "origin", "against")]
    about = named.get(event.subject) or event.subject
    return _date(event.at), said[0], said[1], about, said[2], said[3], f"#{entry.index}"


def _status(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    try:
        found = Owner(folder).signins()
    except PlatformSilent:
        found = SignIns(None, ())
    origins = _origins(folder)
    if arguments.json:
        shell.out.document(
            {
                "watch": msgspec.to_builtins(found.standing),
                "held_against": msgspec.to_builtins(found.suspects),
                "imported": origins,
            }
        )
    else:
        shell.out.line("\n".join(_lines(found, origins)))
    return Exit.CLEAN


def _lines(found: SignIns, origins: Sequence[Mapping[str, Any]]) -> list[str]:
    said = ["own sign-ins  no platform answers, so they are not watched"]
    if found.standing is not None:
        each = found.standing
        how = "learning: only broken protocols are told of" if each.learning else "watching"
        more = f", {each.withheld} withheld" if each.withheld else ""
        said = [
            f"own sign-ins  {how}; day {each.days + 1}, up to entry #{each.entry}",
            f"alerts        {each.today} today{more}; budget {each.budget} a day",
        ]
    now = SystemClock().now()
    said += [
        f"held against  {each.principal or each.about} for {span(max(0, each.until - now) / SECOND)} more"
        for each in found.suspects
    ]
    return said + [
        f"imported      {each['origin']}: {each['signins']} sign-ins from {each['first']} to {each['last']}"
        for each in origins
    ]


def _origins(folder: Folder) -> list[dict[str, Any]]:
    if not folder.signins.exists():
        return []
    with opened(folder.signins) as store:
        return [
            {"origin": origin, "signins": many, "first": _date(first), "last": _date(last)}
            for origin, many, first, last in store.origins()
        ]


def _clear(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner = Owner(state(arguments, shell))
    known = {person.id: person.pseudonym for person in owner.people()}
    about = known.get(arguments.about, arguments.about)
    owner.clear(about)
    if arguments.json:
        shell.out.document({"cleared": about})
    else:
        shell.out.line(f"nothing is held against {arguments.about} any more")
    return Exit.CLEAN


def _forget(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    if not folder.signins.exists():
        raise UsageInvalid("nothing was imported here")
    with opened(folder.signins) as store:
        many = store.forget(arguments.origin, arguments.principal)
    if arguments.json:
        shell.out.document({"signins": many})
    else:
        shell.out.line(
            f"{many} sign-ins and the name are deleted; the record keeps a pseudonym that is nobody's"
        )
    return Exit.CLEAN


def _date(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat()


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    brought = actions.add_parser("import", help="read a log, and put what is out of the ordinary on record")
    about = "; ".join(f"{each.name}: {each.about}" for each in READERS.values())
    brought.add_argument("format", choices=[*READERS], metavar="FORMAT", help=about)
    brought.add_argument("file", type=path, metavar="FILE", help="the log")
    brought.add_argument("--name", type=name, metavar="NAME", help="what it is called; default: its format")
    shown = actions.add_parser("list", help="show what was flagged, here and in what was imported")
    shown.add_argument(
        "--days", type=whole(1, 3650), default=30, metavar="N", help="how far back; default: 30"
    )
    standing = actions.add_parser(
        "status", help="show how the watch stands, and against whom an alert is held"
    )
    cleared = actions.add_parser("clear", help="hold nothing against a principal or a source any more")
    cleared.add_argument("about", type=text, metavar="WHO", help="its id or pseudonym")
    gone = actions.add_parser("forget", help="delete somebody's name and imported sign-ins")
    gone.add_argument("origin", type=name, metavar="NAME", help="what the log is called")
    gone.add_argument("principal", type=text, metavar="WHO", help="its name, as the log writes it")
    for action in (brought, shown, standing, cleared, gone):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "signins",
    "Acts on the state folder and the running platform: sign-ins that are out of the ordinary are flagged, so many a\n"
    "day as [sign_in] budget says, the gravest first. The platform watches its own by itself.\n"
    "import, list: end with 0, or 1 where something was flagged. 2 where a file cannot be used, 3 where no platform\n"
    "answers that has to.",
    _arguments,
    _run,
)
