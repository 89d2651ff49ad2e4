"""What reading a conversation as one finds that no turn says alone: `python -m bench.guard_conversation`.

For each split of `bench.guard_model` a model is fitted without its sources, and conversations are made of these: harmless ones
of harmless texts; attacks cut into two to six turns, between words, perhaps after harmless ones; and attacks tried one after
another, each of which is not told alone. Wants numpy and scipy: `python3 tools/install.py train`.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from typing import Final

from bartizan import __version__
from bartizan.threats.injection import load
from bench.bed.report import machine, record, table
from bench.bed.turns_told import Told, Turns
from bench.guard_model import DATA, SPLITS
from tools.train_guard.curation import curated
from tools.train_guard.fitting import fitted, rows_of
from tools.train_guard.holding_out import read_as
from tools.train_guard.written import written

CONVERSATIONS: Final = 1_000
_LONG: Final = 32


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.guard_conversation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    texts, also, curves = curated(DATA), written(), load().header.curves
    lines = list[list[str]]()
    for name, out in SPLITS.items():
        left = [each for each in (*texts, *also) if not out(each)]
        rows = [row for each in left for row in rows_of(each.said, attack=each.attack)]
        told = Told(read_as(fitted(rows), curves))
        attacks = [each.said for each in texts if out(each) and each.attack]
        others = [each.said for each in texts if out(each) and not each.attack]
        lines += [[name, kind, *told.shares(made)] for kind, made in _kinds(attacks, others, told).items()]
    body = table(["sources held out", "conversations", "how many", "a turn alone", "with the others"], lines)
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("The guard on conversations", {"Bartizan": __version__}, body)
    return 0


def _kinds(attacks: Turns, others: Turns, told: Told) -> dict[str, list[Turns]]:
    drawn = random.Random(4)
    missed = [each for each in attacks if not told.alone(each)]
    many = [each for each in attacks if " " in each.strip()]
    makers: dict[str, Callable[[], Turns]] = {
        "harmless, 2 to 8 turns": lambda: drawn.choices(others, k=drawn.randint(2, 8)),
        f"harmless, {_LONG} turns": lambda: drawn.choices(others, k=_LONG),
        "an attack cut into 2 to 6 turns": lambda: [
            *drawn.choices(others, k=drawn.randint(0, 2)),
            *_cut(drawn.choice(many), drawn),
        ],
        "3 to 8 attacks, none told alone": lambda: drawn.choices(missed, k=drawn.randint(3, 8)),
    }
    return {kind: [make() for _ in range(CONVERSATIONS)] for kind, make in makers.items()}


def _cut(attack: str, drawn: random.Random) -> Turns:
    words = attack.split()
    cuts = sorted(drawn.sample(range(1, len(words)), min(drawn.randint(1, 5), len(words) - 1)))
    return [" ".join(words[start:end]) for start, end in zip([0, *cuts], [*cuts, len(words)], strict=True)]


if __name__ == "__main__":
    sys.exit(main())
