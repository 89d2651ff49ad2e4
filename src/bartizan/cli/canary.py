"""`bartizan canary make|find`: mark documents, so that they are known again in what models are told and answer."""

import argparse
import secrets
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.canary_settings import Canary
from bartizan.app.settings import read
from bartizan.cli.command import Command, Exit, Parser, Shell, UsageInvalid, json_option, naming
from bartizan.text.canonical import canonical
from bartizan.text.mark import REGISTERED, REGISTERED_OCTETS, Registered, digest, mark

LONGEST: Final = 64 << 20
"""Octets of a file that is looked through."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="make|find", parser_class=Parser)
    make = acts.add_parser("make", help="print a new mark, and the lines of bartizan.toml that register it")
    make.add_argument("name", metavar="NAME", help="what findings call it, such as handbook-2026")
    json_option(make)
    find = acts.add_parser("find", help="say which registered marks stand in a file")
    find.add_argument("file", metavar="FILE", help="a text in UTF-8")
    find.add_argument("--config", metavar="FILE", help="bartizan.toml; default: the nearest one")
    json_option(find)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _make(arguments, shell) if arguments.act == "make" else _find(arguments, shell)


def _make(arguments: argparse.Namespace, shell: Shell) -> Exit:
    word = mark(REGISTERED, secrets.token_bytes(REGISTERED_OCTETS))
    try:
        made = msgspec.convert({"name": arguments.name, "digest": digest(word)}, Canary)
    except msgspec.ValidationError:
        raise UsageInvalid(
            f"{arguments.name!r} is no name: a lower-case letter, then letters, digits, `.`, `_` or `-`, 63 at most"
        ) from None
    if arguments.json:
        shell.out.document({"mark": word, "name": made.name, "digest": made.digest})
        return Exit.CLEAN
    shell.out.line(word)
    shell.err.line(
        "Put it into the documents, more than once; it is kept nowhere and not shown again. Lines for bartizan.toml:\n"
        f'\n[[canary]]\nname = "{made.name}"\ndigest = "{made.digest}"\n'
    )
    return Exit.CLEAN


def _find(arguments: argparse.Namespace, shell: Shell) -> Exit:
    named = None if arguments.config is None else shell.folder / arguments.config
    registered = read(named, shell.folder).sections.canary
    if not registered:
        raise UsageInvalid("no mark is registered: make one with `bartizan canary make NAME`")
    path = shell.folder / Path(arguments.file)
    with naming(path), path.open("rb") as file:
        octets = file.read(LONGEST + 1)
    if len(octets) > LONGEST:
        raise UsageInvalid(f"{arguments.file} is longer than {LONGEST >> 20} MiB; look through it in parts")
    known = Registered({each.name: each.digest for each in registered})
    found = sorted({name for name, _ in known.found(canonical(octets.decode("utf-8", "replace")).view.text)})
    if arguments.json:
        shell.out.document({"found": found})
    else:
        shell.out.line("\n".join(found) if found else "none of the registered marks is there")
    return Exit.FINDINGS if found else Exit.CLEAN


COMMAND = Command(
    "canary",
    "Acts on a file, and on nothing else: no platform need run. A mark is a word that nobody can guess; bartizan.toml has its digest\n"
    "alone. Where a registered mark stands in a prompt or an answer, that is on record as `training-canary`, with its name.\n"
    "Ends with 0, with 1 where `find` found one, with 2 for bad usage.",
    _arguments,
    _run,
)
