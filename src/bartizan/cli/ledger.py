"""`bartizan ledger`: verify the record, prove an entry, export, back up, restore it, or ask it questions."""

import argparse
from pathlib import Path
from typing import Any, Final

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
)
from bartizan.cli.ledger_columns import compared, same, sentences, told
from bartizan.cli.ledger_export import add_arguments, check_proof, run_export, run_prove
from bartizan.cli.ledger_keys import FileUnreadable, keys_for, small
from bartizan.cli.ledger_query import answer, questions
from bartizan.cli.ledger_recover import add_arguments as recovering
from bartizan.cli.ledger_recover import run_backup, run_restore
from bartizan.cli.ledger_witness import vouched, witness_options
from bartizan.cli.place import near, state
from bartizan.cli.screen import table
from bartizan.ledger.checkpoint import CheckpointInvalid, CheckpointMalformed, Verifiers
from bartizan.ledger.installation import WITNESSED, read_small, write_whole
from bartizan.ledger.verify import MEANING, Level, Verification, verify

SHOWN: Final = 20
"""Faults that are printed; --json lists more."""


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _ACTIONS[arguments.action](arguments, shell, state(arguments, shell).ledger)


def _verify(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    keys = keys_for(ledger, arguments.keys)
    if arguments.proof is not None:
        return check_proof(arguments, shell, keys)
    notes = _kept(keys, arguments.checkpoint, arguments.save)
    said = vouched(arguments, shell, keys, [read_small(ledger / WITNESSED), *notes])
    found = _checked(ledger, keys, [*notes, *([said.note] if said.note else [])])
    if arguments.save is not None and found.intact:
        with naming(arguments.save):
            write_whole(arguments.save, _largest([found.note, *notes], keys))
    copied = compared(ledger) if arguments.columns else None
    if arguments.json:
        shell.out.document({**_verified(found), **said.document, **told(copied)})
    else:
        words = [*_verdict(found), *(said.lines if found.intact else []), *sentences(copied)]
        shell.out.line("\n".join(words))
        if arguments.save is not None and found.intact:
            shell.out.line(
                f"checkpoint saved to {near(arguments.save, shell.folder)}; keep it on another machine"
            )
    return Exit.CLEAN if found.intact and same(copied) and not said.unmet else Exit.FINDINGS


def _kept(keys: Verifiers, given: Path | None, saved: Path | None) -> list[bytes]:
    """Return the checkpoints that were kept: what lies where the latest is to be saved is one, before it is replaced."""
    files = [*([given] if given else []), *([saved] if saved and saved.exists() else [])]
    return [_checkpoint(file, keys) for file in files]


def _largest(notes: list[bytes], keys: Verifiers) -> bytes:
    """Return which of these covers most: what is remembered never gets less, whatever the ledger shows."""
    return max(notes, key=lambda note: keys.open(note).size if note else -1)


def _checked(ledger: Path, keys: Verifiers, notes: list[bytes]) -> Verification:
    """Verify with each checkpoint that was kept or cosigned, and with none where none was; the first that lies decides."""
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
    witness_options(check)
    check.add_argument(
        "--save",
        type=new_file,
        metavar="FILE",
        help="where it is intact, save the latest checkpoint; one that is there already is verified with first",
    )
    check.add_argument(
        "--proof", type=path, metavar="FILE", help="check this proof of one entry, and nothing else"
    )
    check.add_argument(
        "--columns", action="store_true", help="compare the copy for analysis with the tree, row by row, too"
    )
    ask = actions.add_parser("query", help="show entries, the newest at the end; follow, or count them")
    questions(ask)
    for action in (check, ask, *add_arguments(actions), *recovering(actions)):
        state_options(action)
        json_option(action)


_ACTIONS: Final = {
    "verify": _verify,
    "query": answer,
    "prove": run_prove,
    "export": run_export,
    "backup": run_backup,
    "restore": run_restore,
}
COMMAND = Command(
    "ledger",
    "Reads the record of a state folder, also while the platform runs, or of a copy; restore alone changes it.\n"
    "Ends with 0; verify: with 1 where the record is not intact, or not cosigned by the witnesses that are named; 3 where it cannot be read.",
    _arguments,
    _run,
)
