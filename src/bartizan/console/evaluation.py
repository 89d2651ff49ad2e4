"""The page of an evaluation: one file that loads nothing, for a browser, a printer and an archive.

Rules of this file: pure. No prompt and no answer stands in it. A share is never without its limits and what it is a share of,
and the proxy is called so wherever its figures are.
"""

from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final

from bartizan.clock import Nanoseconds
from bartizan.console.markup import Markup, Part, alone, tag, together
from bartizan.console.parts import minute
from bartizan.threats.evaluation.report import Report
from bartizan.threats.evaluation.tally import OVER, Count, Row
from bartizan.threats.evaluation.verdict import PROXY

_WIDTH: Final = 200
_MIDDLE: Final = 12
_EDGE: Final = 6
_RADIUS: Final = "4"
WAYS: Final = {"direct": "the model directly", "gateway": "through the gateway"}
"""Word of a way -> what it means."""


def page(report: Report) -> bytes:
    """Return the page of a report."""
    name = report.service or report.model
    return alone(
        f"Evaluation of {name}",
        tag("header", tag("strong", "Bartizan")),
        tag(
            "main",
            tag("h1", f"Evaluation of {name}"),
            _open(report),
            tag("section", tag("h2", *_headed(report, report.decisive, "In short")), _figures(report)),
            *(_way(report, count) for count in report.counts),
            tag("section", tag("h2", "What was asked, and how it was judged"), _terms(report)),
            id="main",
            class_="wide",
        ),
        style=_style(),
    )


def _style() -> str:
    folder = resources.files("bartizan.console")
    return "".join(
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "evaluation.css")
    )


def _open(report: Report) -> Part:
    if not report.open:
        return ""
    why = "; ".join(f"{count} of: {fault}" for fault, count in sorted(report.faults.items()))
    return tag(
        "p",
        f"{report.open} requests have no verdict ({why}), so this evaluation is not whole and proves nothing. "
        "The same command goes on with them.",
        class_="notice bad",
        role="status",
    )


def _figures(report: Report) -> Markup:
    count = report.decisive
    worst, refused = count.worst, count.refused
    fits = "above" if report.above else "within"
    return tag(
        "dl",
        _figure(
            f"worst attack: {worst.name}",
            worst,
            f"{fits} the ceiling of {report.ceiling} %",
            "bad" if report.above else "good",
        ),
        _figure("lost to any attack", count.any, "", ""),
        _figure("over-refusal", refused, "of harmless requests", ""),
        class_="figures",
    )


def _figure(name: str, row: Row, said: str, look: str) -> Markup:
    about = f"{row.hits} of {row.asked}, 95 % {_percent(row.low)} to {_percent(row.high)}"
    return tag(
        "div",
        tag("dt", name),
        tag(
            "dd",
            _percent(row.share),
            tag("small", about),
            *([tag("small", said)] if said else []),
            class_=look,
        ),
    )


def _headed(report: Report, count: Count, said: str) -> tuple[Part, Part]:
    """Return a heading with the way that is meant, and who judged."""
    judge = "judged by the proxy" if report.judge == PROXY else f"judged by {report.judging}"
    return f"{said}, {WAYS.get(count.way, count.way)} ", tag("span", judge, class_="badge")


def _way(report: Report, count: Count) -> Markup:
    parts: list[Part] = [tag("h2", *_headed(report, count, "By attack"))]
    sums = [
        ("sum", count.any),
        ("sum", count.refused),
        *([("sum", count.copied)] if report.asked.copied else []),
    ]
    attacks = [("", row) for row in count.attacks]
    parts.append(
        _table(
            report,
            "Requests that should be refused and were answered; over-refusal: harmless ones that were refused.",
            "attack",
            [*attacks, *sums],
        )
    )
    parts.append(tag("h2", "By category"))
    categories = [("", row) for row in count.categories]
    parts.append(_table(report, "Lost to at least one attack.", "category", categories))
    parts.append(tag("details", tag("summary", "Each attack in each category"), _matrix(count)))
    return tag("section", *parts)


def _table(report: Report, caption: str, head: str, rows: Sequence[tuple[str, Row]]) -> Markup:
    heads = (head, "share", "95 % limits", "of", "open", "")
    table = tag(
        "table",
        tag("thead", tag("tr", *(tag("th", each, scope="col") for each in heads))),
        tag("tbody", *(_line(report, look, row) for look, row in rows)),
    )
    scroll = tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return together(tag("p", caption, class_="quiet"), scroll)


def _line(report: Report, look: str, row: Row) -> Markup:
    return tag(
        "tr",
        tag("th", row.name, scope="row"),
        tag("td", _percent(row.share) if row.asked else "-"),
        tag("td", f"{_percent(row.low)} - {_percent(row.high)}" if row.asked else "-"),
        tag("td", f"{row.hits} / {row.asked}"),
        tag("td", str(row.open), class_="bad" if row.open else ""),
        tag("td", _plot(report, row), class_="plot"),
        class_=look,
    )


def _plot(report: Report, row: Row) -> Markup:
    """Return a share with its limits and the ceiling, from 0 to 100 %."""
    if not row.asked:
        return together()
    held = row.name != OVER  # to the ceiling
    over = held and row.share * 100 > report.ceiling
    label = f"{row.name}: {_percent(row.share)}, {_percent(row.low)} to {_percent(row.high)}"
    middle, ceiling = str(_MIDDLE), _at(report.ceiling / 100)
    return tag(
        "svg",
        tag("line", class_="axis", x1=_at(0), x2=_at(1), y1=middle, y2=middle),
        tag("line", class_="ceiling", x1=ceiling, x2=ceiling, y1="2", y2="22") if held else "",
        tag("line", class_="reach", x1=_at(row.low), x2=_at(row.high), y1=middle, y2=middle),
        tag("circle", class_="share over" if over else "share", cx=_at(row.share), cy=middle, r=_RADIUS),
        viewBox=f"0 0 {_WIDTH + 2 * _EDGE} 24",
        role="img",
        aria_label=label,
    )


def _at(share: float) -> str:
    return f"{_EDGE + share * _WIDTH:.1f}"


def _matrix(count: Count) -> Markup:
    names = [row.name for row in count.attacks]
    head = tag("tr", tag("th", "category", scope="col"), *(tag("th", name, scope="col") for name in names))
    lines = (
        tag(
            "tr",
            tag("th", category, scope="row"),
            *(tag("td", f"{row.hits} / {row.asked}") for row in rows),
        )
        for category, rows in count.matrix.items()
    )
    table = tag("table", tag("thead", head), tag("tbody", *lines))
    return tag(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label="Each attack in each category"
    )


def _terms(report: Report) -> Markup:
    return tag(
        "dl",
        *(part for name, said in _said(report) for part in (tag("dt", name), tag("dd", said))),
        class_="terms",
    )


def _said(report: Report) -> Iterator[tuple[str, str]]:
    asked = report.asked
    yield (
        "judge",
        (
            "the built-in proxy: it reads the form of an answer, not its harm; its measured error is in docs/evaluate.md"
            if report.judge == PROXY
            else f"the model {report.judging}"
        ),
    )
    yield "model", report.model
    yield "began", minute(Nanoseconds(report.began))
    yield (
        "prompts",
        f"{asked.source}: {asked.harmful} harmful, {asked.benign} harmless, {asked.copied} for known texts",
    )
    if asked.left:
        yield (
            "left out",
            f"{asked.left} requests for known texts, for there was nothing to compare answers with",
        )
    yield "sample", f"{asked.sample} of each kind" if asked.sample else "all"
    yield "seed", str(asked.seed)
    yield (
        "tries",
        f"at most {asked.tries} of one attack on one request; a request is lost where one of them is answered",
    )
    yield "digest", asked.digest
    yield "asked by", f"Bartizan {report.version}"
    yield from asked.attacks.items()


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
