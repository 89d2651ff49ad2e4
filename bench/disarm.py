"""Disarming beside torch.load and save_file: `python -m bench.disarm`. Whole processes, start-up included.

Checkpoints lie in memory (tmpfs). Every round runs each command once, one after another; the best of the rounds counts, by CPU time and by
the clock. The peer loads with `weights_only=True` and writes with `safetensors.torch.save_file`; it digests nothing. Ours digests source and
new file, scans the new one, and counts in it. Then both files are compared, tensor by tensor and octet by octet. The peer's interpreter is
one that has torch and safetensors (`python3 tools/install.py train-encoder`), this one or that of `--peer`.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bartizan import __version__
from bench.bed.report import machine, record, table

BARTIZAN: Final = str(Path(sys.executable).parent / "bartizan")
MODELS: Final[Mapping[str, tuple[int, int]]] = {
    "200 MB, 100 tensors": (100, 524_288),
    "200 MB, 2,000 tensors": (2_000, 26_214),
    "1 MB, 10 tensors (start-up)": (10, 26_214),
}
GOAL: Final = 3.0
_MAKE: Final = """
import sys, torch
count, size = int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(0)
torch.save({f"layer.{number}.weight": torch.randn(size) for number in range(count)}, sys.argv[1])
"""
_PEER: Final = """
import sys, torch
from safetensors.torch import save_file
save_file(torch.load(sys.argv[1], weights_only=True), sys.argv[2])
"""
_ALIKE: Final = """
import sys, torch
from safetensors.torch import load_file
theirs, ours = load_file(sys.argv[1]), load_file(sys.argv[2])
alike = theirs.keys() == ours.keys() and all(
    theirs[name].dtype == ours[name].dtype and torch.equal(theirs[name].view(torch.uint8), ours[name].view(torch.uint8)) for name in theirs
)
sys.exit(not alike)
"""


class NotMeasured(RuntimeError):
    """A command did not do what is timed; of another answer there is no figure."""


class Cost(NamedTuple):
    """What one run of a command cost, in seconds."""

    cpu: float
    wall: float


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.disarm", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peer", default=sys.executable, help="an interpreter that has torch and safetensors"
    )
    arguments = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:  # noqa: PTH112 - a mount
        rows = [_row(name, Path(folder), arguments.peer, arguments.rounds) for name in MODELS]
    heading = ("checkpoint", "theirs CPU", "ours CPU", "CPU", "theirs clock", "ours clock", "tensors")
    body = f"{table(heading, rows)}\n\nGoal: bit-equal tensors, at most 1/{GOAL:.0f} of the peer's CPU time."
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record(
            "Disarming beside torch.load and save_file",
            {"Bartizan": __version__, **_versions(arguments.peer)},
            body,
        )
    return 0


def _row(name: str, folder: Path, peer: str, rounds: int) -> list[str]:
    count, size = MODELS[name]
    source, theirs, ours = (folder / each for each in ("model.pt", "theirs.safetensors", "ours.safetensors"))
    _run(peer, "-c", _MAKE, source, str(count), str(size))
    costs: dict[str, list[Cost]] = {"theirs": [], "ours": []}
    for _ in range(rounds):
        for each in (theirs, ours):
            each.unlink(missing_ok=True)
        costs["theirs"].append(_run(peer, "-c", _PEER, source, theirs))
        costs["ours"].append(_run(BARTIZAN, "disarm", source, "-o", ours))
    _run(peer, "-c", _ALIKE, theirs, ours)
    best = {
        who: Cost(min(one.cpu for one in all_), min(one.wall for one in all_)) for who, all_ in costs.items()
    }
    ratio = best["theirs"].cpu / best["ours"].cpu
    return [
        name,
        f"{best['theirs'].cpu:.2f} s",
        f"{best['ours'].cpu:.2f} s",
        f"{ratio:.1f} x less" + ("" if ratio >= GOAL else ", goal missed"),
        f"{best['theirs'].wall:.2f} s",
        f"{best['ours'].wall:.2f} s",
        "bit-equal",
    ]


def _versions(peer: str) -> dict[str, str]:
    say = "import safetensors, torch; print(torch.__version__, safetensors.__version__)"
    told = subprocess.run([peer, "-c", say], capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(("torch", "safetensors"), told, strict=True))


def _run(*command: str | Path) -> Cost:
    """Run a command; return what it cost.

    Raises:
        NotMeasured: it failed, and what it said last.
    """
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise NotMeasured(
            f"{command[0]} ended with {done.returncode}: {done.stderr[-500:] or done.stdout[-500:]}"
        )
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(used, wall)


if __name__ == "__main__":
    sys.exit(main())
