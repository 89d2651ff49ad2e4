"""What the guard finds in documents and tool results that nobody has learned from, and what its encoder costs: `python -m bench.guard_encoder`.

Documents are put together from texts, phrases and goals that were held out (`tools/train_encoder`), and not from those that fixed
the thresholds. A document is told where the whole guard finds `prompt-injection` in it; "without" is the guard without the
encoder. What stands in `/usr/share/doc` is of no origin that training knows.
"""

import argparse
import multiprocessing
import multiprocessing.pool
import random
import statistics
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from bartizan import __version__
from bartizan.control import discover
from bartizan.text.canonical import canonical
from bartizan.text.rule import rules
from bartizan.text.sieving import at_once
from bartizan.threats import controls, encoder, injection
from bartizan.threats.encoder import RULE, Encoder
from bartizan.threats.evaluation.interval import wilson
from bartizan.threats.inspect import Inspector
from bartizan.threats.subject import Channel
from bench.bed.report import machine, record, table
from tools.train_encoder.holding_out import CHANNELS, LONGEST, MEASURING, attacked_pages, clean_pages
from tools.train_encoder.insertion import KINDS, inserted
from tools.train_encoder.material import Material, sides
from tools.train_encoder.windows import Page

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "guard"
BY_HAND = Path(__file__).parent / "bed" / "documents_by_hand.toml"
GOAL_MS = 40
GOALS: Final = {"loud": 0.95, "quiet": 0.60, "goal": 0.60, "off-task": 0.60}
CLEAN, ATTACKED, PAGES, TIMED = 2_000, 200, 300, 200
PROCESSES: Final = 4


class Told(NamedTuple):
    """Whether a document is told by the whole guard, and by it without the encoder."""

    whole: bool
    without: bool


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.guard_encoder", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    reader = encoder.load()
    if reader is None:
        print("no encoder ships in this version, or onnxruntime is not installed (make install)")
        return 3
    held = sides(DATA, [Path(path) for path in sys.path if path.endswith("site-packages")])[1]
    with multiprocessing.Pool(PROCESSES) as pool:
        clean, attacked, by_hand = _clean(pool, held), _attacked(pool, held), _by_hand(pool)
    head = f"Encoder of {reader.header.made}; documents of at most {LONGEST:,} letters."
    body = "\n\n".join([head, clean, attacked, by_hand, _cost(reader, held)])
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("The guard's encoder of documents", {"Bartizan": __version__}, body)
    return 0


def channel_of(page: Page) -> Channel:
    """Return the channel that a document comes by."""
    return Channel.TOOL if page.kind in CHANNELS[Channel.TOOL] else Channel.DOCUMENT


@cache
def inspector() -> Inspector:
    """Return the guard, one in each process."""
    return Inspector(
        at_once(rules()), discover(controls), bytes(32), 0, injection.load(), encoder=encoder.load()
    )


def _each(pool: multiprocessing.pool.Pool, pages: Sequence[Page]) -> list[Told]:
    return pool.map(_told, pages, chunksize=25)


def _told(page: Page) -> Told:
    found = inspector().inspect(page.text, channel_of(page)).found
    injected = [each.rule for each in found if each.reason == "prompt-injection"]
    return Told(bool(injected), any(rule != RULE for rule in injected))


def _clean(pool: multiprocessing.pool.Pool, held: Material) -> str:
    pages = clean_pages(held, MEASURING, CLEAN)
    said = _each(pool, pages)
    lines = [
        _shares(
            kind, [one for one, page in zip(said, pages, strict=True) if kind in (page.kind, "all of them")]
        )
        for kind in (*sorted({page.kind for page in pages}), "all of them")
    ]
    system = [Page(text, "", 0, 0, "text of others") for text in _system()]
    lines.append(_shares("/usr/share/doc", _each(pool, system)))
    return table(["clean documents", "of them", "told", "95 %", "without"], lines)


def _shares(name: str, said: Sequence[Told]) -> list[str]:
    whole = sum(one.whole for one in said)
    without = sum(one.without for one in said) / max(len(said), 1)
    return [name, f"{len(said):,}", *_share(whole, len(said)), f"{without:.3f}"]


def _share(part: int, whole: int) -> list[str]:
    between = wilson(part, max(whole, 1))
    return [f"{part / max(whole, 1):.4f}", f"{between.low:.3f} to {between.high:.3f}"]


def _attacked(pool: multiprocessing.pool.Pool, held: Material) -> str:
    lines = []
    for kind in KINDS:
        said = _each(pool, attacked_pages(held, MEASURING, kind, ATTACKED))
        share = sum(one.whole for one in said) / len(said)
        met = ("met" if share >= GOALS[kind] else "not met") if kind in GOALS else "-"
        lines.append([*_shares(kind, said), f"{GOALS.get(kind, '-')}", met])
    return table(["attacked documents", "of them", "told", "95 %", "without", "goal", ""], lines)


def _by_hand(pool: multiprocessing.pool.Pool) -> str:
    """Return what is told of documents and orders that nobody's phrases were put together for."""
    sheet = tomllib.loads(BY_HAND.read_text("utf-8"))
    drawn = random.Random(2)
    said = _each(pool, [_page(text, "") for text in sheet["clean"]])
    lines = [[*_shares("clean", said), "-", "-"]]
    for kind, orders in sheet["attacks"].items():
        pages = [_page(inserted(text, order, drawn)[0], kind) for text in sheet["clean"] for order in orders]
        lines.append([*_shares(kind, _each(pool, pages)), f"{GOALS[kind]}", "-"])
    return table(["documents by hand", "of them", "told", "95 %", "without", "goal", ""], lines)


def _page(text: str, attack: str) -> Page:
    structured = text[:1] in "[{<-" or "," in text.split("\n", maxsplit=1)[0].replace(", ", "")
    return Page(text, attack, 0, 0, "structured" if structured else "web page")


def _system() -> Iterator[str]:
    files = sorted(
        each for each in Path("/usr/share/doc").rglob("*") if each.suffix in {"", ".txt", ".md", ".html"}
    )
    drawn = random.Random(1)
    drawn.shuffle(files)
    count = 0
    for file in files:
        if count == PAGES:
            return
        if file.is_file() and file.name != "copyright":
            text = file.read_text("utf-8", "replace")
            at = drawn.randrange(max(len(text) - LONGEST, 0) + 1)
            if len(text) > LONGEST // 8:
                count += 1
                yield canonical(text[at : at + LONGEST]).view.text


def _cost(reader: Encoder, held: Material) -> str:
    pages = [page for page in clean_pages(held, MEASURING, TIMED) if len(page.text) > LONGEST // 4]
    costs = list[float]()
    for page in pages:
        ids = reader.vocabulary.read(page.text).ids[: encoder.WIDTH]
        begin = time.process_time_ns()
        reader.sum(ids)
        costs.append((time.process_time_ns() - begin) / 1e6)
    costs.sort()
    middle = statistics.median(costs)
    row = [f"{len(costs)}", f"{middle:.1f}", f"{costs[-2]:.1f}", "met" if middle <= GOAL_MS else "not met"]
    return table(["windows", "CPU ms, median", "worst but one", f"goal {GOAL_MS}"], [row])


if __name__ == "__main__":
    sys.exit(main())
