"""`bartizan config show`: show every setting with its value and where it comes from."""

import argparse
import json
from collections.abc import Iterator

import msgspec

from bartizan.app.settings import Settings, read
from bartizan.cli.command import Command, Exit, Shell, json_option, path
from bartizan.cli.screen import table
from bartizan.config import Configuration
from bartizan.config_form import shown
from bartizan.config_lines import Path


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["show"], help="show: print every setting")
    parser.add_argument("--origin", action="store_true", help="also where each value comes from")
    parser.add_argument(
        "--config", type=path, metavar="FILE", help="the configuration; default: bartizan.toml here or above"
    )
    json_option(parser)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    found = read(arguments.config, shell.folder)
    rows = tuple(_leaves((), msgspec.to_builtins(found.sections)))
    if arguments.json:
        shell.out.document([_document(found, where, value) for where, value in rows])
        return Exit.CLEAN
    lines = [[shown(where), _value(value)] for where, value in rows]
    if arguments.origin:
        lines = [[*line, str(found.origin(where))] for line, (where, _) in zip(lines, rows, strict=True)]
    shell.out.line(table(lines))
    return Exit.CLEAN


def _leaves(where: Path, value: object) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves((*where, name), inner)
    elif isinstance(value, list | tuple) and value:
        for position, inner in enumerate(value):
            yield from _leaves((*where, position), inner)
    else:
        yield where, value


def _value(value: object) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def _document(found: Configuration[Settings], where: Path, value: object) -> dict[str, object]:
    origin = found.origin(where)
    return {
        "key": shown(where),
        "value": value,
        "source": origin.source.value,
        "file": origin.file,
        "line": origin.line,
    }


COMMAND = Command(
    "config",
    "Acts on bartizan.toml, found in the working folder or above, and changes nothing.\n"
    "Secrets are shown as the references that they are.\n"
    "Ends with 0, or 2 where the configuration is not valid.",
    _arguments,
    _run,
)
