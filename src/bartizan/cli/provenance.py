"""`bartizan provenance`: say where models, data sets and tools come from, and what came of them."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.provenance import answer, posture, revoking, waiting
from bartizan.app.provenance.artifact import digest_in, read
from bartizan.app.provenance.lineage import Lineage, lineage
from bartizan.cli import provenance_record as recorded
from bartizan.cli import provenance_shown as shown
from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    UsageInvalid,
    json_option,
    naming,
    path,
    state_options,
)
from bartizan.cli.place import state
from bartizan.supply.provenance.step import Kind

_KINDS: Final = [each.value for each in Kind]


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    why = actions.add_parser(
        "why", help="show what an artifact was made of, by which steps, and who judged it"
    )
    below = actions.add_parser("descendants", help="show what was made out of an artifact")
    below.add_argument("--deployed", action="store_true", help="only what is deployed")
    below.add_argument("--kind", choices=_KINDS, help="only artifacts of this kind")
    check = actions.add_parser("check", help="show of every deployed model whether its history is whole")
    check.add_argument(
        "--anew", action="store_true", help="read the whole record again, and pack the graph anew"
    )
    record = actions.add_parser("record", help="put a step on record")
    recorded.arguments(record)
    hand = actions.add_parser("hand-over", help="put steps on record that were kept where no platform was")
    hand.add_argument(
        "folder", metavar="DIR", type=path, nargs="?", help="where they are; default: the state folder's own"
    )
    other = actions.add_parser("import", help="put steps on record that another tool wrote down")
    other.add_argument("tool", choices=["dvc", "mlflow"], help="whose files")
    other.add_argument("folder", metavar="DIR", type=path, help="with dvc.lock and *.dvc; or mlruns")
    revoke = actions.add_parser(
        "revoke", help="an artifact may not be used any more: name all that hangs on it"
    )
    revoke.add_argument("--reason", choices=revoking.REASONS, required=True, help="why")
    again = actions.add_parser("reinstate", help="an artifact may be used again")
    retire = actions.add_parser("retire", help="an artifact is not deployed any more")
    for action in (why, below, revoke, again, retire):
        action.add_argument("what", metavar="PATH|DIGEST", help="a file, a folder, or a SHA-256")
    for action in (why, below, check, record, hand, other, revoke, again, retire):
        state_options(action)
        json_option(action)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _ACTIONS[arguments.action](arguments, shell)


def _changed(arguments: argparse.Namespace, shell: Shell) -> Exit:
    digest, _ = _artifact(arguments.what)
    revoking.change(state(arguments, shell), digest, arguments.action)
    if arguments.json:
        shell.out.document({"digest": digest})
    else:
        shell.out.line(f"on record: {arguments.action} {digest}")
    return Exit.CLEAN


def _artifact(what: str) -> tuple[str, tuple[str, ...]]:
    """Return the digest of what is named, and those of the files in it."""
    digest = digest_in(what)
    if digest:
        return digest, ()
    place = path(what)
    if not place.exists():
        raise UsageInvalid(f"{what} is neither there nor a SHA-256 of 64 hexadecimal digits in small letters")
    with naming(place):
        found = read(place)
    return found.digest, found.files


def _lineage(arguments: argparse.Namespace, shell: Shell, *, anew: bool = False) -> Lineage:
    """Return what the record says, and tell of steps that are not on it."""
    folder = state(arguments, shell)
    found = lineage(folder, anew=anew)
    count = len(waiting.files(folder.waiting_steps))
    if count:
        shell.err.line(
            f"{count} steps are not on record yet: `bartizan provenance hand-over` puts them there"
        )
    if found.broken or found.unclosed:
        shell.err.line(
            f"{len(found.broken)} steps on record do not add up and {len(found.unclosed)} were not finished: they count for nothing"
        )
    return found


def _why(arguments: argparse.Namespace, shell: Shell) -> Exit:
    digest, files = _artifact(arguments.what)
    told = answer.story(_lineage(arguments, shell), digest, files)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(told))
    else:
        shell.out.line("\n".join(shown.story(told)))
    if not told.known:
        return Exit.UNEVALUATED
    return Exit.CLEAN if told.sound else Exit.FINDINGS


def _descendants(arguments: argparse.Namespace, shell: Shell) -> Exit:
    digest, _ = _artifact(arguments.what)
    kind = Kind(arguments.kind) if arguments.kind else None
    told = answer.descendants(_lineage(arguments, shell), digest, kind=kind, deployed=arguments.deployed)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(told))
    else:
        shell.out.line("\n".join(shown.descendants(told)))
    if not told.known:
        return Exit.UNEVALUATED
    return Exit.FINDINGS if told.artifact.revoked and told.deployed else Exit.CLEAN


def _check(arguments: argparse.Namespace, shell: Shell) -> Exit:
    of = _lineage(arguments, shell, anew=arguments.anew)
    found = posture.checked(of)
    if arguments.json:
        shell.out.document(shown.checked_document(of, found))
    else:
        shell.out.line("\n".join(shown.checked(of, found)))
    return Exit.FINDINGS if found.faults else Exit.CLEAN


def _hand_over(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    place: Path = arguments.folder or folder.waiting_steps
    done = waiting.hand_over(folder, place)
    for file, why in done.refused:
        shell.err.line(f"{file}: {why}")
    if arguments.json:
        refused = [{"file": str(file), "what": why} for file, why in done.refused]
        shell.out.document({"steps": list(done.steps), "refused": refused})
    else:
        shell.out.line(f"{len(done.steps)} steps are on record now")
    return Exit.FINDINGS if done.refused else Exit.CLEAN


def _revoke(arguments: argparse.Namespace, shell: Shell) -> Exit:
    digest, _ = _artifact(arguments.what)
    found = revoking.revoke(state(arguments, shell), digest, arguments.reason)
    if arguments.json:
        shell.out.document(
            {"digest": digest, "descendants": found.descendants, "deployed": list(found.deployed)}
        )
    else:
        shell.out.line(
            f"{digest} is revoked; {found.descendants} artifacts descend from it, {len(found.deployed)} are deployed"
        )
        for each in found.deployed:
            shell.out.line(f"  deployed  {each}")
    return Exit.FINDINGS if found.deployed else Exit.CLEAN


_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace, Shell], Exit]]] = {
    "why": _why,
    "descendants": _descendants,
    "check": _check,
    "record": recorded.run,
    "hand-over": _hand_over,
    "import": recorded.import_steps,
    "revoke": _revoke,
    "reinstate": _changed,
    "retire": _changed,
}

COMMAND = Command(
    "provenance",
    "Acts on the record of a state folder: steps (ingest, scan, disarm, transform, train, harden, quantise, evaluate, approve,\n"
    "deploy), each with what went in and what came out, by digest. Changes go through the platform where one runs. Ends with 0;\n"
    "1 where a history is not whole, or something revoked is deployed; 2 for what is no step; 3 for what the record does not have.",
    _arguments,
    _run,
)
