"""What `bartizan ledger` gives away: the whole record as static files, and proofs of single entries.

Rules of this file: parses, calls one function, shows.
"""

import argparse
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.cli.command import Exit, Shell, UsageInvalid, new_file, path
from bartizan.cli.ledger_keys import FileUnreadable, keys_for, small
from bartizan.cli.ledger_witness import vouched
from bartizan.cli.place import near
from bartizan.ledger.checkpoint import CheckpointInvalid, Verifiers
from bartizan.ledger.export import VERIFIER, export
from bartizan.ledger.installation import write_whole
from bartizan.ledger.proof import MOST_OCTETS, ProofMalformed, parse_proof
from bartizan.ledger.prove import prove
from bartizan.ledger.tree import ProofInvalid

_INDEX: Final = re.compile(r"#?([0-9]{1,18})")


def run_export(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Export the record into a folder."""
    done = export(ledger, keys_for(ledger, arguments.keys), arguments.folder)
    shown = near(arguments.folder, shell.folder)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(done))
    else:
        shell.out.line(
            f"{done.entries} entries, {done.new} of them new, in {shown}: {done.files} files written"
        )
        shell.out.line(f"anybody can check them: python {shown}/{VERIFIER} {shown} --keys KEYS")
    return Exit.CLEAN


def run_prove(arguments: argparse.Namespace, shell: Shell, ledger: Path) -> Exit:
    """Write the proof of an entry."""
    keys = keys_for(ledger, arguments.keys)
    proof = prove(ledger, keys, arguments.entry)
    point = keys.open(proof.note)
    to = arguments.out or shell.folder / f"entry-{arguments.entry}.tlog-proof"
    write_whole(to, proof.encode())
    if arguments.json:
        shell.out.document({"entry": proof.index, "entries": point.size, "file": str(to)})
    else:
        shell.out.line(
            f"entry {proof.index} stands in a signed tree of {point.size} entries: {near(to, shell.folder)}"
        )
    return Exit.CLEAN


def check_proof(arguments: argparse.Namespace, shell: Shell, keys: Verifiers) -> Exit:
    """Check a proof against the ledger's keys, which is all that it takes, and against witnesses."""
    file: Path = arguments.proof
    if arguments.checkpoint or arguments.save or arguments.columns:
        raise UsageInvalid("--proof is checked alone: leave out --checkpoint, --save and --columns")
    try:
        proof = parse_proof(small(file, MOST_OCTETS))
    except ProofMalformed as fault:
        raise FileUnreadable(file, fault.fault) from fault
    vouching = vouched(arguments, shell, keys, [proof.note])
    said: dict[str, Any] = {"entry": proof.index, "proven": False, "why": ""}
    try:
        entry, point = proof.check(keys)
    except (CheckpointInvalid, ProofInvalid) as fault:
        said["why"] = str(fault)
    else:
        said |= {"proven": True, "entries": point.size, "event": msgspec.to_builtins(entry.event)}
        said |= vouching.document
    if arguments.json:
        shell.out.document(said)
    elif said["proven"]:
        shell.out.line(f"proven: entry {proof.index} stands in a signed tree of {said['entries']} entries")
        shell.out.line(
            "\n".join([msgspec.json.encode(said["event"], order="sorted").decode(), *vouching.lines])
        )
    else:
        shell.out.line(f"NOT PROVEN: entry {proof.index}: {said['why']}")
    return Exit.CLEAN if said["proven"] and not vouching.unmet else Exit.FINDINGS


def index(given: str) -> int:
    """Return the index of an entry, with or without the # that tables show it with.

    Raises:
        ArgumentTypeError: it is none.
    """
    found = _INDEX.fullmatch(given)
    if found is None:
        raise argparse.ArgumentTypeError(
            "an entry is named by its number, such as 17 or #17; `ledger query` shows them"
        )
    return int(found[1])


def add_arguments(actions: Any) -> list[argparse.ArgumentParser]:  # noqa: ANN401 - argparse has no public type for it
    """Declare both actions; return their parsers."""
    out = actions.add_parser(
        "export", help="write the record as static files that anybody can check (tlog-tiles)"
    )
    out.add_argument("folder", type=path, metavar="FOLDER", help="where; an earlier export there grows")
    one = actions.add_parser(
        "prove", help="write a file that proves one entry to whoever has the ledger's public keys"
    )
    one.add_argument("entry", type=index, metavar="ENTRY", help="its number, as `ledger query` shows it")
    one.add_argument("--out", type=new_file, metavar="FILE", help="default: entry-N.tlog-proof")
    for parser in (out, one):
        parser.add_argument("--keys", type=path, metavar="FILE", help="public keys that were kept elsewhere")
    return [out, one]
