"""What the guard's model of injections is worth on sources it has not learned from, and what it costs: `python -m bench.guard_model`.

For each source a model is fitted without it, by the tools that made the one that ships; then that source is scored. Splits A, B
and C hold out several at once. Disguised attacks are scored in every view that reading admits, as the guard does. Wants numpy
and scipy: `python3 tools/install.py train`. AUC, recall at 1 and 5 % of the split's own harmless texts, and both shares at the
threshold that ships.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from bartizan import __version__
from bartizan.text.canonical import canonical
from bartizan.text.read import read
from bartizan.threats.injection import Model, load
from bartizan.threats.subject import Channel
from bench.bed.disguises import DISGUISES
from bench.bed.report import machine, record, table
from tools.train_guard.calibration import by_source
from tools.train_guard.curation import Text, curated
from tools.train_guard.fitting import Row, fitted, rows_of
from tools.train_guard.holding_out import Held, auc, held_out, read_as, recall_at
from tools.train_guard.written import written

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "guard"
SIZE, GOAL_MS = 4096, 0.5
SAMPLE = 400
PROSE = "in 4 KB of prose"
Rows = Mapping[Text, list[Row]]
SPLITS: Final[Mapping[str, Callable[[Text], bool]]] = {
    "A: HackAPrompt, bastioncorpus; benign of WildGuard, HarmBench, seeds": lambda text: (
        text.source
        in (
            {"neuralchemy:hackaprompt", "bastioncorpus"}
            if text.attack
            else {"neuralchemy:wildguard_judgecomp", "neuralchemy:harmbench_benign", "self-instruct-seed"}
        )
    ),
    "B: all of s-labs": lambda text: text.source == "s-labs",
    "C: yanismiraoui, verazuo, neuralchemy, presidio": lambda text: text.source.startswith(
        ("yanismiraoui", "verazuo", "neuralchemy:neuralchemy_v1", "neuralchemy:original", "presidio")
    ),
}


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.guard_model", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    model = load()
    least = {channel: curve.least for channel, curve in model.header.curves.items()}
    texts, also = curated(DATA), written()
    rows = {each: rows_of(each.said, attack=each.attack) for each in (*texts, *also)}
    splits, of_b = _splits(texts, also, rows, least[Channel.USER])
    held = held_out(texts, also, lambda _: None)
    body = "\n\n".join(
        [
            f"Model of {model.header.made}; {len(texts):,} texts of people, {len(also):,} written.",
            splits,
            _sources(held, least[Channel.USER]),
            _disguised([each for each in texts if each.source == "s-labs"], of_b, least[Channel.USER]),
            _documents(model),
            _cost(model),
        ]
    )
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("The guard's model of injections", {"Bartizan": __version__}, body)
    return 0


def _splits(texts: Sequence[Text], also: Sequence[Text], rows: Rows, least: float) -> tuple[str, Model]:
    lines, of_b = list[list[str]](), load()
    for name, out in SPLITS.items():
        left = [each for each in (*texts, *also) if not out(each)]
        model = read_as(fitted([row for each in left for row in rows[each]]), {})
        of_b = model if name.startswith("B") else of_b
        held = [Held(each, model.highest(each.said, least)[0]) for each in texts if out(each)]
        lines.append([name, *_figures(held, least)])
    return table([*("held out", *_HEADS)], lines), of_b


_HEADS: Final = ("attacks", "others", "AUC", "recall at 1 %", "at 5 %", "recall, shipped", "false, shipped")


def _figures(held: Sequence[Held], least: float) -> list[str]:
    attacks = [each.total for each in held if each.text.attack]
    others = [each.total for each in held if not each.text.attack]
    figures = auc(attacks, others), recall_at(0.01, attacks, others), recall_at(0.05, attacks, others)
    shares = _above(attacks, least), _above(others, least)
    return [f"{len(attacks):,}", f"{len(others):,}", *(f"{each:.3f}" for each in (*figures, *shares))]


def _above(totals: Sequence[float], least: float) -> float:
    return sum(total >= least for total in totals) / len(totals) if totals else float("nan")


def _sources(held: Sequence[Held], least: float) -> str:
    attacks, others = by_source(held, attack=True), by_source(held, attack=False)
    lines = [
        [
            name,
            *(f"{len(side[name]):,}" if name in side else "-" for side in (attacks, others)),
            *(f"{_above(side[name], least):.3f}" if name in side else "-" for side in (attacks, others)),
        ]
        for name in sorted({*attacks, *others})
    ]
    every = ["all of them", *_figures(held, least)]
    heads = ["one source held out", "attacks", "others", "recall, shipped", "false, shipped"]
    return table(heads, lines) + "\n\n" + table(["one source held out", *_HEADS], [every])


def _disguised(texts: Sequence[Text], model: Model, least: float) -> str:
    """Return recall of attacks of split B, and how many harmless ones are told, in each disguise."""
    attacks = [each.said for each in texts if each.attack][:SAMPLE]
    others = [each.said for each in texts if not each.attack][:SAMPLE]
    lines = []
    for name, disguise in {**DISGUISES, PROSE: _in_prose}.items():
        shares = [
            _above([_highest(model, disguise(text), least) for text in side], least)
            for side in (attacks, others)
        ]
        lines.append([name, *(f"{share:.3f}" for share in shares)])
    return table(["split B, disguised", "recall, shipped", "false, shipped"], lines)


def _highest(model: Model, text: str, least: float) -> float:
    return max(model.highest(view.text, least)[0] for view in read(text).views)


def _in_prose(text: str) -> str:
    return f"{_prose()[: SIZE // 2]}\n{text}\n{_prose()[SIZE // 2 : SIZE]}"


def _prose() -> str:
    return " ".join(path.read_text("utf-8") for path in sorted(ROOT.glob("docs/[a-g]*.md")))[:SIZE]


def _documents(model: Model) -> str:
    """Return how many clean documents of 4 KB are told: what packages here say of themselves, and our own pages."""
    places = sorted(
        [*Path(sys.prefix).glob("lib/python*/site-packages/*/METADATA"), *ROOT.glob("docs/**/*.md")]
    )
    whole = [path.read_text("utf-8", "replace") for path in places]
    pages = [text[at : at + SIZE] for text in whole for at in range(0, min(len(text), 16 * SIZE), SIZE)]
    shares = [
        [
            channel.value,
            f"{len(pages):,}",
            f"{sum(model.score(page, channel).told for page in pages) / len(pages):.4f}",
        ]
        for channel in (Channel.USER, Channel.TOOL, Channel.DOCUMENT)
    ]
    return table(["clean technical documents, as", "pages of 4 KB", "told"], shares)


def _cost(model: Model) -> str:
    drawn = random.Random(1)
    words = [each.said for each in curated(DATA) if not each.attack]
    lines = []
    for size in (40, 400, SIZE):
        texts = [canonical(" ".join(drawn.choices(words, k=200))[:size]).view.text for _ in range(60)]
        costs = sorted(min(_ms(model, text) for _ in range(7)) for text in texts)
        middle = statistics.median(costs)
        lines.append(
            [f"{size:,}", f"{middle:.3f}", f"{costs[-2]:.3f}", "met" if middle <= GOAL_MS else "not met"]
        )
    return table(["letters", "CPU ms, median", "worst but one", f"goal {GOAL_MS}"], lines)


def _ms(model: Model, text: str) -> float:
    begin = time.process_time_ns()
    model.score(text, Channel.USER)
    return (time.process_time_ns() - begin) / 1e6


if __name__ == "__main__":
    sys.exit(main())
