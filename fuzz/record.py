"""What was executed so far, campaign by campaign: `fuzz/EXECUTIONS.md`, which the tool writes and adds up.

Rules of this file: a row is a target at a commit; what is executed there again is added to it. Two campaigns may
write at once.
"""

import fcntl
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from fuzz.target import CORPORA

RECORD = CORPORA.parent / "EXECUTIONS.md"
_ROW = re.compile(
    r"\| (\w+) \| ([0-9a-f]+\+?) \| ([0-9-]+) \| ([0-9,]+) \| ([0-9]+) of ([0-9]+) \| ([0-9,]+) \|"
)
_HEAD = """\
# Executions

Written by `python -m fuzz TARGET --record`, which adds what it executed; what an execution is, `docs/fuzzing.md` says.
Nothing here ended in a crash, a hang, too much memory or a broken promise: what does so is not counted, but mended.
A commit with a `+` had changes on top. Branches are those of the modules under attack.

## Together

| target | executions | branches | seconds |
| --- | ---: | ---: | ---: |
"""
_RUNS = """
## At each commit

| target | commit | day | executions | branches | seconds |
| --- | --- | --- | ---: | ---: | ---: |
"""


class Row(msgspec.Struct, frozen=True):
    """What was executed of a target at a commit.

    Attributes:
        target, commit: the key.
        day: of the last execution, ISO 8601.
        executions: that were made.
        reached, branches: of the modules under attack, as last measured.
        seconds: that they took, by the clock on the wall.
    """

    target: str
    commit: str
    day: str
    executions: int
    reached: int
    branches: int
    seconds: int


def add(row: Row, record: Path = RECORD) -> None:
    """Add what was executed to the record."""
    with record.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = {(each.target, each.commit): each for each in read(file.read())}
        before = rows.pop((row.target, row.commit), None)
        rows[row.target, row.commit] = row if before is None else _sum(before, row)
        file.truncate(0)
        file.write(written(rows.values()))


def read(text: str) -> list[Row]:
    """Return the rows of a record."""
    found = _ROW.findall(text)
    return [
        Row(target, commit, day, _number(made), int(reached), int(branches), _number(seconds))
        for target, commit, day, made, reached, branches, seconds in found
    ]


def written(rows: Iterable[Row]) -> str:
    """Return the record of rows, and their sums."""
    ordered = sorted(rows, key=lambda row: row.target)
    sums: dict[str, Row] = {}
    for row in ordered:
        sums[row.target] = _sum(sums[row.target], row) if row.target in sums else row
    together = "".join(
        f"| {one.target} | {one.executions:,} | {one.reached} of {one.branches} | {one.seconds:,} |\n"
        for one in sums.values()
    )
    runs = "".join(
        f"| {one.target} | {one.commit} | {one.day} | {one.executions:,} | {one.reached} of {one.branches} | {one.seconds:,} |\n"
        for one in ordered
    )
    return _HEAD + together + _RUNS + runs


def commit() -> str:
    """Return the commit whose code is fuzzed, with a plus where something of it is changed."""
    here = ["git", "-C", str(CORPORA.parent)]
    name = subprocess.run(
        [*here, "rev-parse", "--short=10", "HEAD"], check=True, capture_output=True, text=True
    )
    code = ["--", "../src", "../requirements", "*.py"]
    changed = subprocess.run([*here, "status", "--porcelain", *code], check=True, capture_output=True)
    return name.stdout.strip() + ("+" if changed.stdout else "")


def _sum(before: Row, row: Row) -> Row:
    """Return the sum; the branches are those that were measured last."""
    made, seconds = before.executions + row.executions, before.seconds + row.seconds
    return msgspec.structs.replace(row, executions=made, seconds=seconds)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
