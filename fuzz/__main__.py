"""`python -m fuzz TARGET --executions N`: attack one parser, or `all`, and print what came of it.

It fails where an input broke a promise; the file of the input is named, and `--replay FILE` runs it alone. Long
campaigns go in slices, each a process of its own: what one has found and, with `--record`, executed is kept though
the next is stopped.
"""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from fuzz import record
from fuzz.campaign import Report, fuzz, keep
from fuzz.target import load, names

_SLICE_S = 300


def main() -> int:
    """Parse, fuzz, print; return 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", choices=["all", *names()])
    parser.add_argument("--executions", type=int, default=200_000, metavar="N", help="of each target")
    parser.add_argument(
        "--keep", action="store_true", help="make the committed corpus anew out of all that is known"
    )
    parser.add_argument("--record", action="store_true", help=f"add it to fuzz/{record.RECORD.name}")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one input alone")
    wanted = parser.parse_args()
    if wanted.replay:
        print(load(wanted.target).run(wanted.replay.read_bytes()))
        return 0
    chosen = names() if wanted.target == "all" else [wanted.target]
    print(f"{'target':<12} {'executions':>12} {'per second':>11} {'inputs':>7} {'branches':>12}")
    broken = 0
    for name in chosen:
        report = _attack(name, wanted)
        broken += len(report.broken)
        _show(name, report)
    return 1 if broken else 0


def _attack(name: str, wanted: argparse.Namespace) -> Report:
    """Attack one target slice by slice, up to what breaks it; return what came of all of them."""
    executions = seconds = 0
    code = record.commit() if wanted.record else ""
    while True:
        report = fuzz(name, wanted.executions - executions, _SLICE_S, partial(_progress, name))
        if code and not report.broken:
            _record(name, code, report)
        executions, seconds = executions + report.executions, seconds + report.seconds
        if report.broken or executions >= wanted.executions:
            break
    if wanted.keep and not report.broken:
        keep(name)
    return msgspec.structs.replace(report, executions=executions, seconds=seconds)


def _record(name: str, code: str, report: Report) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    made = report.executions, report.reached, report.branches, report.seconds
    record.add(record.Row(name, code, today, *made))


def _progress(name: str, said: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name:<12} {said}\x1b[K")


def _show(name: str, report: Report) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    speed = report.executions // max(1, report.seconds)
    share = f"{report.reached} of {report.branches}"
    print(f"{name:<12} {report.executions:>12,} {speed:>11,} {report.inputs:>7,} {share:>12}", flush=True)
    for file in report.broken:
        print(f"\n{report.said}\nbroken       {file}\n             python -m fuzz {name} --replay {file}")


if __name__ == "__main__":
    sys.exit(main())
