"""`python -m fuzz TARGET --executions N`: attack one parser, or `all`, and print what came of it.

It fails where an input broke a promise; the file of the input is named, and `--replay FILE` runs it alone.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from fuzz.campaign import Report, fuzz
from fuzz.target import load, names


def main() -> int:
    """Parse, fuzz, print; return 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", choices=["all", *names()])
    parser.add_argument("--executions", type=int, default=200_000, metavar="N", help="of each target")
    parser.add_argument(
        "--keep", action="store_true", help="make the committed corpus anew out of all that is known"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one input alone")
    wanted = parser.parse_args()
    if wanted.replay:
        print(load(wanted.target).run(wanted.replay.read_bytes()))
        return 0
    chosen = names() if wanted.target == "all" else [wanted.target]
    print(f"{'target':<12} {'executions':>12} {'per second':>11} {'inputs':>7} {'branches':>12}")
    broken = 0
    for name in chosen:
        report = fuzz(name, wanted.executions, partial(_progress, name), keep=wanted.keep)
        broken += len(report.broken)
        _show(name, report)
    return 1 if broken else 0


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
