"""What a command is, what it gets, and how it may end.

Rules of this file: imported at every start, so it imports next to nothing. A command parses, calls one
function and shows; it returns an exit code and lets errors through, which `main.py` alone turns into words.
"""

import argparse
import enum
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from typing_extensions import override

from bartizan.cli.screen import Screen

WIDTH: Final = 100
"""Columns of a help text, whatever the terminal, so that the documents can be checked against it."""
LONGEST: Final = 4096
"""Longest argument, in characters."""


class Exit(enum.IntEnum):
    """How a command ends."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    UNEVALUATED = 3
    INTERNAL = 4
    INTERRUPTED = 130


class Shell(NamedTuple):
    """What a command may use of the world around it.

    Attributes:
        out: standard output: results.
        err: standard error: progress and what is wrong.
        folder: the working folder.
        environ: the environment, for secrets' references and a terminal's manners.
        terminal: whether a person can be asked: standard input and error are a terminal.
    """

    out: Screen
    err: Screen
    folder: Path
    environ: Mapping[str, str]
    terminal: bool


class Command(NamedTuple):
    """One command: `bartizan NAME`.

    Attributes:
        name: one word, in kebab case.
        about: what it acts on, and how it ends; the text of `--help`.
        arguments: declares its arguments on a parser.
        run: carries it out and returns how it ended.
    """

    name: str
    about: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Shell], Exit]


class UsageInvalid(Exception):
    """The command line says something that it may not; the message says what to type."""


class Helped(Exception):
    """Help was asked for; the message is the help."""


class Parser(argparse.ArgumentParser):
    """A parser that raises rather than prints and exits, and looks the same on every terminal."""

    def __init__(self, **settings: object) -> None:
        """Take argparse's settings; abbreviations of options are refused, for they change meaning over time."""
        super().__init__(
            **{  # type: ignore[arg-type]  # argparse's own keyword arguments, checked by argparse
                "allow_abbrev": False,
                "formatter_class": _formatter,
                **settings,
            }
        )
        self.color = False

    @override
    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UsageInvalid: always.
        """
        raise UsageInvalid(f"{message}; see `{self.prog} --help`")

    @override
    def print_help(self, file: object = None) -> NoReturn:
        """Hand the help over.

        Raises:
            Helped: always.
        """
        raise Helped(self.format_help())


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=WIDTH, max_help_position=30)


def parser(command: Command) -> Parser:
    """Return the parser of a command."""
    made = Parser(prog=f"bartizan {command.name}", description=command.about)
    command.arguments(made)
    return made


def parse(command: Command, words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command line.

    Raises:
        UsageInvalid: words that the command does not take.
        Helped: help was asked for.
    """
    if any(len(word) > LONGEST for word in words):
        raise UsageInvalid(f"an argument is longer than {LONGEST} characters")
    return parser(command).parse_args(words)


def path(text: str) -> Path:
    """Return a path out of an argument.

    Raises:
        ArgumentTypeError: empty, or with a null character.
    """
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("a path is needed")
    return Path(os.path.abspath(text))  # noqa: PTH100 - resolve() would follow links


def new_file(text: str) -> Path:
    """Return a path out of an argument to which a file can be written, as far as can be seen beforehand.

    Raises:
        ArgumentTypeError: it is a folder, or lies in none.
    """
    file = path(text)
    if not file.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {file.parent}; make it first")
    if file.is_dir():
        raise argparse.ArgumentTypeError(f"{file} is a folder; name a file in it")
    return file


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number from `least` to `most`."""

    def read(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,18}", text) is None or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most} is needed")
        return int(text)

    return read


def name(text: str) -> str:
    """Return a name out of an argument, in the form that the record takes.

    Raises:
        ArgumentTypeError: of another form.
    """
    if re.fullmatch(r"[a-z][a-z0-9._-]{0,62}", text) is None:
        raise argparse.ArgumentTypeError(
            "a name is needed: a lower-case letter, then letters, digits, `.`, `_` or `-`, 63 at most"
        )
    return text


def text(given: str) -> str:
    """Return an argument that is compared with what stands in the record.

    Raises:
        ArgumentTypeError: not of characters that print.
    """
    if not given.isprintable():
        raise argparse.ArgumentTypeError("characters that print are needed")
    return given


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Have what fails inside say which file it failed on, as the person named it.

    Raises:
        OSError: with the file's name.
    """
    try:
        yield
    except OSError as fault:
        raise OSError(fault.errno, fault.strerror, str(file)) from fault


class FolderGone(Exception):
    """The working folder is not there any more."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the working folder is gone; go to one that exists")


def json_option(parser: argparse.ArgumentParser) -> None:
    """Declare `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def state_options(parser: argparse.ArgumentParser) -> None:
    """Declare `--state` and `--config`."""
    parser.add_argument(
        "--state",
        type=path,
        metavar="DIR",
        help="the state folder; default: .bartizan beside the configuration",
    )
    parser.add_argument(
        "--config", type=path, metavar="FILE", help="the configuration; default: bartizan.toml here or above"
    )
