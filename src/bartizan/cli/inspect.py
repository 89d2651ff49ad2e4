"""`bartizan inspect`: say what the guard makes of a text, or of each line of a batch."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from bartizan.app.inspect_texts import LONGEST, inspect, inspect_lines
from bartizan.app.judgement import Judgement
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, naming
from bartizan.cli.screen import table
from bartizan.threats.inspect import Found
from bartizan.threats.profile import PROFILES
from bartizan.threats.subject import Channel

_SHOWN: Final = 1000
"""Findings that are shown to a person."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a text in UTF-8, or - for standard input")
    parser.add_argument(
        "--channel",
        choices=[each.value for each in Channel],
        default=Channel.USER.value,
        help="whose words it is; default: user",
    )
    parser.add_argument(
        "--profile", choices=[*PROFILES], default="standard", help="what is done about it; default: standard"
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help='FILE has lines {"text", "channel", "task"}; print a verdict for each, in order',
    )
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    with _opened(arguments.file, shell) as file:
        if arguments.jsonl:
            return _batch(file, arguments.profile, shell)
        octets = file.read(LONGEST + 1)
    if len(octets) > LONGEST:
        raise UsageInvalid(f"{arguments.file} is longer than {LONGEST >> 20} MiB; inspect it in parts")
    text = octets.decode("utf-8", "replace")
    found = inspect(text, arguments.channel, arguments.profile)
    if arguments.json:
        shell.out.document(found.document)
    else:
        shell.out.line(_told(found, text))
    return Exit.FINDINGS if found.findings or not found.whole else Exit.CLEAN


def _opened(file: str, shell: Shell) -> BinaryIO:
    if file == "-":
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    path = shell.folder / Path(file)
    with naming(path):
        return path.open("rb")


def _batch(file: BinaryIO, profile: str, shell: Shell) -> Exit:
    code = Exit.CLEAN
    for said in inspect_lines(_lines(file), profile):
        shell.out.line(json.dumps(said))
        if "error" in said:
            code = Exit.UNEVALUATED
        elif said["findings"] and code is Exit.CLEAN:
            code = Exit.FINDINGS
    return code


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long, so much that it is seen to be."""
    while line := file.readline(LONGEST + 1):
        rest = line
        while len(rest) > LONGEST and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST + 1)
        yield line


def _told(found: Judgement, text: str) -> str:
    if not found.findings:
        return "nothing found" if found.whole else f"{found.action}: not all of it could be read"
    rows = [_row(each, text) for each in found.findings[:_SHOWN]]
    head = ("WHERE", "WHAT", "RULE", "SEVERITY", "SURE", "READ AS")
    more = "" if found.whole else "\nThere is more than is shown, or what could not be read."
    return f"{found.action}\n\n{table([head, *rows])}{more}"


def _row(found: Found, text: str) -> tuple[str, ...]:
    line = text.count("\n", 0, found.start) + 1
    column = found.start - (text.rfind("\n", 0, found.start) + 1) + 1
    reading = found.reading or "plain"
    return (
        f"{line}:{column}",
        found.reason,
        found.rule,
        found.severity.value,
        found.confidence.value,
        reading,
    )


COMMAND = Command(
    "inspect",
    "Acts on a text, and on nothing else: no platform need run. What was found is told by its place; the text itself is not.\n"
    "Ends with 0 where nothing was found, 1 where something was, 2 for bad usage, 3 where a line of a batch could not be read.",
    _arguments,
    _run,
)
