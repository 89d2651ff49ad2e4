"""How well names of people and places are found, beside Presidio with a small spaCy model: `python -m bench.guard_names`.

The texts are the 1,000 of presidio-research that lie beside the clone, which nothing was trained on: a development half, which was looked
at, and a half that was not until the model was done, told apart by a digest of the template that a text was made of. A name is found where
a span of its kind overlaps it; what stands in two spans that no word parts is one place. Presidio runs in an environment of its own, which is
made from its lock on the first run (600 MB); `--without-peer` leaves it out. Structured kinds are those that the rules of `text/rules/` have.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
import venv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from bartizan import __version__
from bartizan.text.canonical import canonical
from bartizan.text.names.find import names
from bartizan.text.names.model import Model, load
from bartizan.text.patterns import Patterns
from bartizan.text.rule import rules
from bartizan.text.sieving import at_once
from bench.bed.report import machine, record, table

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "guard"
PEER = Path.home() / ".cache" / "bartizan-bench" / "presidio"
LOCK = ROOT / "requirements" / "bench-presidio.txt"
SIZE, RATIO, GOAL_MS, GOAL_F1 = 4096, 50, 1.0, 0.98
NAMES: Final = {"PERSON": "person", "GPE": "place", "STREET_ADDRESS": "place"}
STRUCTURED: Final[Mapping[str, frozenset[str]]] = {
    "EMAIL_ADDRESS": frozenset({"email-address"}),
    "PHONE_NUMBER": frozenset({"phone-number", "phone-number-named", "phone-number-national"}),
    "CREDIT_CARD": frozenset({"payment-card", "payment-card-named"}),
    "IBAN_CODE": frozenset({"iban"}),
    "US_SSN": frozenset({"us-social-security-number", "us-social-security-number-named"}),
    "IP_ADDRESS": frozenset({"ip-address"}),
    "US_DRIVER_LICENSE": frozenset({"us-driver-licence"}),
}
Span = tuple[str, int, int]
Finder = Callable[[str], tuple[list[Span], float]]
"""Finds spans in a text; and how much CPU that cost, in milliseconds."""


class Text(NamedTuple):
    """A labelled text.

    Attributes:
        said: it.
        spans: label, start and end of what stands in it.
        seen: whether it is of the development half.
    """

    said: str
    spans: list[Span]
    seen: bool


class Counted(NamedTuple):
    """Spans that were right and wrong, and labels that were found and missed."""

    right: int
    wrong: int
    found: int
    missed: int

    @property
    def figures(self) -> tuple[float, float, float]:
        """Return precision, recall and F1."""
        precision = self.right / max(self.right + self.wrong, 1)
        recall = self.found / max(self.found + self.missed, 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.guard_names", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    parser.add_argument("--without-peer", action="store_true", help="leave Presidio out")
    parser.add_argument("--seen", action="store_true", help="the development half alone")
    arguments = parser.parse_args(words)
    texts = [each for each in read() if each.seen or not arguments.seen]
    model, patterns = load(), at_once(rules())
    finders: dict[str, Finder] = {"Bartizan": lambda text: ours(model, text)}
    with Peer(with_it=not arguments.without_peer) as peer:
        if peer.runs:
            finders["Presidio, en_core_web_sm"] = peer.find
        body = "\n\n".join(
            [
                f"Model of {model.header.made}; {len(texts):,} texts of presidio-research.",
                _named(texts, finders),
                _structured(texts, patterns),
                _told(model),
            ]
        )
    print(body, machine(), sep="\n\n")
    if arguments.record:
        record("Names of people and places", {"Bartizan": __version__, **_versions()}, body)
    return 0


def read() -> list[Text]:
    """Return the labelled texts."""
    rows: list[dict[str, Any]] = json.loads((DATA / "pii.json").read_text("utf-8"))
    return [
        Text(
            row["full_text"],
            [(each["entity_type"], each["start_position"], each["end_position"]) for each in row["spans"]],
            sha256(f"t{row['template_id']}".encode()).digest()[0] % 2 == 0,
        )
        for row in rows
    ]


def labelled(text: Text) -> list[Span]:
    """Return the people and places of a text; parts of one place that no word parts are one."""
    found = list[Span]()
    for label, start, end in sorted(text.spans, key=lambda span: span[1:]):
        kind = NAMES.get(label)
        if kind is None:
            continue
        between = text.said[found[-1][2] : start] if found else ""
        if (
            found
            and kind == found[-1][0] == "place"
            and len(between) <= _APART
            and not re.search(r"\w", between)
        ):
            found[-1] = kind, found[-1][1], end
        else:
            found.append((kind, start, end))
    return found


_APART: Final = 4


def counted(pairs: Iterable[tuple[Sequence[Span], Sequence[Span]]], kind: str) -> Counted:
    """Return how spans that were found and labels overlap, of one kind."""
    total = Counter[str]()
    for found, labels in pairs:
        mine, theirs = ([each for each in spans if each[0] == kind] for spans in (found, labels))
        right = sum(any(_overlap(one, other) for other in theirs) for one in mine)
        hit = sum(any(_overlap(one, other) for other in mine) for one in theirs)
        total.update(right=right, wrong=len(mine) - right, found=hit, missed=len(theirs) - hit)
    return Counted(total["right"], total["wrong"], total["found"], total["missed"])


def _overlap(one: Span, other: Span) -> bool:
    return one[1] < other[2] and other[1] < one[2]


def both(counts: Iterable[Counted]) -> Counted:
    """Return the sum of several."""
    return Counted(*map(sum, zip(*counts, strict=True)))


def ours(model: Model, text: str) -> tuple[list[Span], float]:
    """Return what our model finds."""
    begin = time.process_time_ns()
    view = canonical(text).view
    spans = [(name.label.value, *view.origin(name.start, name.end)) for name in names(model, view.text)]
    return spans, (time.process_time_ns() - begin) / 1e6


class Peer:
    """Presidio, where it is wanted and can be had."""

    def __init__(self, *, with_it: bool) -> None:
        """Start it, after its environment was made where there is none."""
        self._process: subprocess.Popen[str] | None = None
        if with_it:
            python = PEER / "bin" / "python"
            if not python.exists():
                venv.create(PEER, with_pip=True)
                install = (
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--no-deps",
                    "-r",
                    str(LOCK),
                )
                subprocess.run([python, *install], check=True)
            script = str(Path(__file__).parent / "bed" / "presidio_peer.py")
            self._process = subprocess.Popen(
                [str(python), "-I", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )

    @property
    def runs(self) -> bool:
        """Return whether it was started."""
        return self._process is not None

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.communicate()

    def find(self, text: str) -> tuple[list[Span], float]:
        """Return what it finds."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        spans, milliseconds = json.loads(process.stdout.readline())
        return [(kind, start, end) for kind, start, end in spans], milliseconds


def _named(texts: Sequence[Text], finders: Mapping[str, Finder]) -> str:
    """Return precision, recall and cost of each on the halves."""
    lines, costs = list[list[str]](), dict[str, float]()
    for name, find in finders.items():
        find(texts[0].said)
        answers = [(text, *find(text.said)) for text in texts]
        costs[name] = sum(ms for _, _, ms in answers) / sum(len(text.said) for text in texts) * SIZE
        for half, seen in (("development", True), ("held back", False)):
            pairs = [(found, labelled(text)) for text, found, _ in answers if text.seen is seen]
            counts = [counted(pairs, kind) for kind in ("person", "place")]
            for kind, each in zip(("person", "place", "both"), [*counts, both(counts)], strict=True):
                lines.append([name, half, kind, f"{each.found + each.missed:,}", *_rounded(each)])
    table_ = table(["", "half", "names", "labelled", "precision", "recall", "F1"], lines)
    first = costs["Bartizan"]
    ratios = [[name, f"{ms:.2f}", f"{ms / first:.0f} x"] for name, ms in costs.items()]
    return (
        f"{table_}\n\n{table(['these texts, full of names', 'CPU ms per 4 KB', f'goal {RATIO} x'], ratios)}"
    )


def _rounded(each: Counted) -> list[str]:
    return [f"{figure:.3f}" for figure in each.figures]


def _structured(texts: Sequence[Text], patterns: Patterns) -> str:
    """Return precision and recall of the rules for what has a form."""
    kinds = {rule: kind for kind, of in STRUCTURED.items() for rule in of}
    lines = list[list[str]]()
    for half, seen in (("development", True), ("held back", False)):
        mine = [text for text in texts if text.seen is seen]
        pairs = [
            (
                [(kinds[m.rule.id], m.start, m.end) for m in patterns.find(text.said) if m.rule.id in kinds],
                text.spans,
            )
            for text in mine
        ]
        counts = {kind: counted(pairs, kind) for kind in STRUCTURED}
        for kind, each in {**counts, "all": both(counts.values())}.items():
            goal = ("met" if each.figures[2] >= GOAL_F1 else "not met") if kind == "all" else ""
            lines.append([half, kind, f"{each.found + each.missed:,}", *_rounded(each), goal])
    return table(
        ["half", "what has a form", "labelled", "precision", "recall", "F1", f"goal {GOAL_F1}"], lines
    )


def _told(model: Model) -> str:
    """Return in how many harmless prompts somebody or some place is named, and what looking costs."""
    rows = [json.loads(line) for line in (DATA / "benign.jsonl").read_text("utf-8").splitlines()]
    shares = [
        [source, f"{len(said):,}", f"{sum(bool(names(model, each)) for each in said) / len(said):.3f}"]
        for source in sorted({row["source"] for row in rows})
        for said in ([row["text"] for row in rows if row["source"] == source],)
    ]
    whole = " ".join(row["text"] for row in rows[::40])
    pages = [whole[at : at + SIZE] for at in range(0, len(whole) - SIZE, SIZE)][:60]
    costs = sorted(min(ours(model, page)[1] for _ in range(7)) for page in pages)
    middle = statistics.median(costs)
    cost = [[f"{middle:.3f}", f"{costs[-2]:.3f}", "met" if middle <= GOAL_MS else "not met"]]
    first = table(["harmless prompts", "texts", "of which name somebody or a place"], shares)
    return f"{first}\n\n{table(['such prompts, CPU ms per 4 KB', 'worst but one', f'goal {GOAL_MS}'], cost)}"


def _versions() -> dict[str, str]:
    pins = re.findall(r"^(presidio-analyzer|spacy|en-core-web-sm-\w+)==(\S+)", LOCK.read_text(), re.MULTILINE)
    return dict(pins)


if __name__ == "__main__":
    sys.exit(main())
