"""Make the model of injections that ships: `make train-guard DATA=folder`.

Reads the labelled texts of that folder (docs/guard-model.md says which) and writes `injection.txt` and `injection.toml` of the threats room.
"""

import argparse
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from bartizan.threats.injection import Curve
from bartizan.threats.subject import Channel
from tools.train_guard.calibration import curves
from tools.train_guard.curation import curated
from tools.train_guard.fitting import LENGTH, NARROW, SERVED, Fitted, fitted, rows_of
from tools.train_guard.holding_out import held_out
from tools.train_guard.written import written

ROOT: Final = Path(__file__).parents[2]
MODEL: Final = ROOT / "src/bartizan/threats/injection"


def main(words: list[str]) -> int:
    """Train and write; 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_guard", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of train.jsonl and benign.jsonl")
    parser.add_argument("--made", default="2026-11-27", help="day that the model is said to be of")
    arguments = parser.parse_args(words)
    texts, also = curated(arguments.data), written()
    _say(f"{len(texts)} texts of people, {len(also)} written")
    held = held_out(texts, also, lambda name: _say(f"held out: {name}"))
    found = fitted([row for each in [*texts, *also] for row in rows_of(each.said, attack=each.attack)])
    _write(found, curves(held), arguments.made)
    return 0


def _write(found: Fitted, lines_of: Mapping[Channel, Curve], made: str) -> None:
    lines = "".join(f"{number} {words}\n" for words, number in sorted(found.numbers.items()))
    MODEL.with_suffix(".txt").write_text(lines, "utf-8")
    head = [
        "# What it takes to read injection.txt. Made by `make train-guard`; docs/guard-model.md tells of what.",
        f'made = "{made}"',
        f'digest = "{sha256(lines.encode()).hexdigest()}"',
        f"unit = {found.unit!r}",
        f"bias = {found.bias!r}",
        f"windows = {[*SERVED]}",
        f"narrow = {NARROW}",
        f"length = {LENGTH}",
    ]
    for channel, each in lines_of.items():
        head += ["", f"[curves.{channel.value}]", f"slope = {each.slope}", f"shift = {each.shift}"]
        head += [f"threshold = {each.threshold}"]
    MODEL.with_suffix(".toml").write_text("\n".join(head) + "\n", "utf-8")
    _say(f"{len(found.numbers)} numbers, {len(lines.encode()):,} octets in {MODEL}.txt")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
