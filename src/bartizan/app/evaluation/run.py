"""One evaluation, from what is said to a report on disk: asked, judged, counted, written.

Rules of this file: answers stand in the run's folder alone. What has no answer, or no verdict, is open, and the same command
goes on with it; a report with anything open is not whole, and proves nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan import __version__
from bartizan.app.evaluation import place
from bartizan.app.evaluation.terms import Chosen
from bartizan.clock import Clock
from bartizan.ledger.installation import write_whole
from bartizan.threats.evaluation.ask import Way, Work, ask, carry_out, patiently
from bartizan.threats.evaluation.chat import Chat, Send
from bartizan.threats.evaluation.copied import copied
from bartizan.threats.evaluation.journal import Answered, Journal, Judged
from bartizan.threats.evaluation.judging import TOKENS, read, told
from bartizan.threats.evaluation.pace import Pace
from bartizan.threats.evaluation.plan import Question, digest, questions
from bartizan.threats.evaluation.refusal.judge import judge
from bartizan.threats.evaluation.report import Report, document
from bartizan.threats.evaluation.tally import count
from bartizan.threats.evaluation.verdict import ENDPOINT, PROXY, Verdict

Progress = Callable[[str], None]
"""Shows a line over the last one; nothing wipes it."""
_SHORT: Final = 12
_BAR: Final = 24


class Target(msgspec.Struct, frozen=True):
    """Who is evaluated.

    Attributes:
        service: name of the configured service; empty for an endpoint that is none.
        name: of the run's folder.
        model: as the endpoint names it.
        ceiling: attack success, of a hundred, that is not to be exceeded.
        ways: word -> (what it leads to, for the run's terms; what asks it).
    """

    service: str
    name: str
    model: str
    ceiling: int
    ways: Mapping[str, tuple[str, Send]]


class Judging(msgspec.Struct, frozen=True):
    """A model that judges: what it leads to, what asks it, its name."""

    where: str
    send: Send
    model: str


class Terms(msgspec.Struct, frozen=True):
    """How a run is carried out.

    Attributes:
        at_once: questions under way at a time.
        rate: requests a second to each endpoint; 0 is as fast as they are answered.
        output: folder that somebody names; None takes one of the run's own.
        parent: of such folders.
        judging: a model that judges; None for the proxy.
        page: makes the report's page.
        clock: tells the time.
        progress: shows how far it is.
    """

    at_once: int
    rate: float
    output: Path | None
    parent: Path
    judging: Judging | None
    page: Callable[[Report], bytes]
    clock: Clock
    progress: Progress


class Evaluation(msgspec.Struct, frozen=True):
    """What came of it: the report, SHA-256 of its JSON in hexadecimal, and the folder where both are."""

    report: Report
    digest: str
    folder: Path


def evaluate(chosen: Chosen, target: Target, terms: Terms) -> Evaluation:
    """Ask, judge, count, and write the report.

    Raises:
        EndpointRefuses, EndpointAway: nobody answers; what was answered is kept.
        FolderUsed, JournalUnusable: the folder cannot be gone on with.
        OSError: it takes nothing more.
    """
    every = tuple(questions(chosen.terms, tuple(target.ways)))
    leads = {
        word: f"{where} {target.model} {chosen.asked.tokens}" for word, (where, _) in target.ways.items()
    }
    about = digest(chosen.terms, leads)
    now = terms.clock.now()
    folder = (
        place.named(terms.output, now)
        if terms.output is not None
        else place.own(terms.parent, f"{target.name}-{about[:_SHORT]}", now)
    )
    with Journal(folder / place.ANSWERS, about, now) as journal:
        failed = dict(_ask(every, chosen, target, terms, journal))
        verdicts, unjudged = _judge(every, chosen, terms, journal)
        began = journal.began
    report = Report(
        service=target.service,
        model=target.model,
        began=began,
        ended=terms.clock.now(),
        judge=PROXY if terms.judging is None else ENDPOINT,
        judging="" if terms.judging is None else terms.judging.model,
        ceiling=target.ceiling,
        asked=chosen.asked,
        counts=tuple(count(every, verdicts, way) for way in target.ways),
        faults=dict(Counter([*failed.values(), *unjudged.values()])),
        version=__version__,
    )
    octets = msgspec.json.format(msgspec.json.encode(document(report))) + b"\n"
    write_whole(folder / place.PAGE, terms.page(report))
    write_whole(folder / place.REPORT, octets)
    return Evaluation(report, hashlib.sha256(octets).hexdigest(), folder)


def _ask(
    every: tuple[Question, ...], chosen: Chosen, target: Target, terms: Terms, journal: Journal
) -> Mapping[str, str]:
    ways = {
        word: Way(Chat(send, target.model, chosen.asked.tokens), Pace(terms.rate, terms.clock))
        for word, (_, send) in target.ways.items()
    }
    bar = _Bar("asking", len(every), len(journal.answers), terms.progress)
    try:
        return ask(every, ways, journal, terms.at_once, bar.one)
    finally:
        bar.end()


def _judge(
    every: tuple[Question, ...], chosen: Chosen, terms: Terms, journal: Journal
) -> tuple[Mapping[str, Verdict], Mapping[str, str]]:
    """Return a verdict for each question that can be judged, and key -> why for those that a judging model left open."""
    answered = [each for each in every if each.key in journal.answers]
    verdicts: dict[str, Verdict] = {}
    harm = []
    for each in answered:
        answer = journal.answers[each.key]
        if answer.filtered:
            verdicts[each.key] = Verdict.BLOCKED
        elif each.prompt.copied:
            verdicts[each.key] = _compared(chosen, each, answer)
        else:
            harm.append(each)
    if terms.judging is None:
        verdicts |= {each.key: judge(each.prompt.text, journal.answers[each.key].text) for each in harm}
        return verdicts, {}
    return _asked_to_judge(harm, verdicts, terms.judging, terms, journal)


def _compared(chosen: Chosen, question: Question, answer: Answered) -> Verdict:
    text = chosen.texts[question.prompt.id]
    return Verdict.COMPLIED if copied(answer.text, text) else Verdict.REFUSED


def _asked_to_judge(
    harm: list[Question], verdicts: dict[str, Verdict], judging: Judging, terms: Terms, journal: Journal
) -> tuple[Mapping[str, Verdict], Mapping[str, str]]:
    name = hashlib.sha256(f"{judging.where} {judging.model}".encode()).hexdigest()[:_SHORT]
    pace = Pace(terms.rate, terms.clock)
    way = Way(Chat(judging.send, judging.model, TOKENS), pace)
    left = [each for each in harm if (name, each.key) not in journal.verdicts]
    bar = _Bar("judging", len(harm), len(harm) - len(left), terms.progress)

    def one(question: Question) -> Judged:
        answer = journal.answers[question.key].text
        said = patiently(way, list(told(question.prompt.text, answer)))
        return Judged(question.key, name, read(said.text).value)

    try:
        failed = carry_out(left, Work(one, lambda each: each.key, (pace,)), journal, terms.at_once, bar.one)
    finally:
        bar.end()
    known = ((each.key, journal.verdicts.get((name, each.key))) for each in harm)
    return verdicts | {key: Verdict(word) for key, word in known if word is not None}, failed


class _Bar:
    """How far it is, as one line."""

    def __init__(self, doing: str, of: int, done: int, progress: Progress) -> None:
        self._doing, self._of, self._done, self._progress = doing, of, done, progress

    def one(self) -> None:
        """Show that one more is done."""
        self._done += 1
        filled = _BAR * self._done // max(1, self._of)
        bar = "#" * filled + "." * (_BAR - filled)
        self._progress(f"{self._doing:<8} [{bar}] {self._done} of {self._of}")

    def end(self) -> None:
        """Wipe the line."""
        self._progress("")
