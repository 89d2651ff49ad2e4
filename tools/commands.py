"""Write docs/commands.md, the help of every command, or check that it is current.

python tools/commands.py [--check]
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from bartizan.cli.command import Command, parser
from bartizan.cli.main import commands, overview

FILE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """\
# Commands

Written by `make docs` from the commands themselves; a test fails where it is stale.
"""


def main(arguments: Sequence[str]) -> int:
    """Write the document, or with `--check` return 1 where it is not current."""
    text = document()
    if "--check" not in arguments:
        FILE.write_text(text)
        return 0
    if FILE.exists() and FILE.read_text() == text:
        return 0
    sys.stderr.write("docs/commands.md is stale: make docs\n")
    return 1


def document() -> str:
    """Return the help of `bartizan` and of every command, in Markdown."""
    parts = [HEAD, _block(overview())]
    for name, said in commands():
        parts += [f"## {name}\n", f"{said[0].upper()}{said[1:]}.\n", *map(_block, _helps(name))]
    return "\n".join(parts)


def _helps(name: str) -> list[str]:
    """Return the help of a command, then of each of its actions."""
    command: Command = importlib.import_module(f"bartizan.cli.{name.replace('-', '_')}").COMMAND
    whole = parser(command)
    kind = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
    actions = [action for action in whole._actions if isinstance(action, kind)]  # noqa: SLF001 - nor for these
    inner = [each for action in actions for each in action.choices.values()]
    return [each.format_help() for each in (whole, *inner)]


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
