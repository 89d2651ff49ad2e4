"""Measurements of the ledger on a disk: in a folder of its own there, which is gone afterwards."""

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan import __version__
from bench.bed.report import machine, record


class NotMeasured(RuntimeError):
    """What was timed did not do its work; the message says what it left."""


def on_disk(
    name: str, about: str, entries: int, measured: Callable[[Path, int], str], words: Sequence[str] | None
) -> int:
    """Measure and print; 0, or 3 where what was timed did not do its work.

    Args:
        name: of the script.
        about: what it is, in its first line.
        entries: of the ledger, unless the words say another number.
        measured: (folder, entries) -> what is printed. Raises `NotMeasured`.
        words: of the command line.
    """
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=about.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--entries", type=int, default=entries, help="size of the ledger")
    parser.add_argument("--folder", type=Path, help="where to write: the disk that is measured")
    arguments = parser.parse_args(words)
    try:
        with tempfile.TemporaryDirectory(prefix=f"bartizan-{name}-", dir=arguments.folder) as folder:
            body = measured(Path(folder), arguments.entries)
    except NotMeasured as fault:
        print(fault, file=sys.stderr)
        return 3
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record(name.capitalize(), {"Bartizan": __version__, "SQLite": sqlite3.sqlite_version}, body)
    return 0
