"""`bartizan bom PATH|DIGEST`: write the bill of materials of a model or a data set."""

import argparse
import json

from bartizan.app.provenance import bills
from bartizan.app.provenance.artifact import Read, digest_in, read
from bartizan.app.provenance.lineage import lineage
from bartizan.artifact.write import written
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, naming, new_file, path, state_options
from bartizan.cli.place import near, state
from bartizan.clock import SystemClock
from bartizan.supply.bom import SPECS


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="PATH|DIGEST", help="a file, a folder, or a SHA-256")
    parser.add_argument("--output", type=new_file, metavar="FILE", help="write it there; default: print it")
    parser.add_argument(
        "--spec", choices=SPECS, default=SPECS[0], help=f"version of CycloneDX; default: {SPECS[0]}"
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="put on record that it was written, and of which entries it tells",
    )
    state_options(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    what = _what(arguments.what)
    of = lineage(state(arguments, shell))
    found = bills.written(of, what, arguments.spec, SystemClock().now())
    if arguments.output is None:
        shell.out.document(found.document)
    else:
        with naming(arguments.output):
            written(arguments.output, json.dumps(found.document, indent=2).encode() + b"\n")
        shell.out.line(f"wrote {near(arguments.output, shell.folder)}: {found.components} components")
    if arguments.record:
        bills.put_on_record(of, what.digest, found)
    if not found.complete:
        shell.err.line(f"it is not complete; see `bartizan provenance why {what.digest}`")
    return Exit.CLEAN if found.complete else Exit.FINDINGS


def _what(text: str) -> Read:
    digest = digest_in(text)
    if digest:
        return Read(digest, "")
    place = path(text)
    if not place.exists():
        raise UsageInvalid(f"{text} is neither there nor a SHA-256 of 64 hexadecimal digits in small letters")
    with naming(place):
        return read(place)


COMMAND = Command(
    "bom",
    "Acts on the record of a state folder: writes what an artifact was made of as CycloneDX, with models, data sets and tools as\n"
    "components, by digest. Ends with 0, or 1 where the record does not have all that went in: then the bill says so.",
    _arguments,
    _run,
)
