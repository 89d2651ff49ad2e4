"""`bartizan evaluate ...`: attack a model with known jailbreaks, directly and through the gateway, and count."""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bartizan.app.address import AddressInvalid
from bartizan.app.evaluation import record, ways
from bartizan.app.evaluation.run import Evaluation, Judging, Target, Terms, evaluate
from bartizan.app.evaluation.terms import OWN, Said, chosen
from bartizan.app.folder import Folder
from bartizan.app.service_settings import Protocol, Service
from bartizan.app.settings import Settings
from bartizan.cli.command import (
    Command,
    Exit,
    Shell,
    UsageInvalid,
    json_option,
    name,
    path,
    state_options,
    text,
    whole,
)
from bartizan.cli.interruption import interruptible
from bartizan.cli.place import near, state
from bartizan.cli.screen import table
from bartizan.cli.settled import configuration
from bartizan.clock import SystemClock
from bartizan.config import Configuration
from bartizan.console.evaluation import page
from bartizan.threats.evaluation.chat import TOKENS, Send
from bartizan.threats.evaluation.report import CEILING, Report, document
from bartizan.threats.evaluation.tally import Row
from bartizan.threats.evaluation.verdict import PROXY

_SAMPLE_SERVICE: Final = "sample"
_FOLDER: Final = "evaluations"


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    with ExitStack() as opened:
        target = _target(arguments, shell, folder, opened)
        terms = _terms(arguments, shell, folder, opened)
        with interruptible():  # what was answered is kept
            done = evaluate(chosen(_said(arguments)), target, terms)
    on_record = bool(target.service) and record.report(folder, done)
    if arguments.json:
        shell.out.document(document(done.report) | {"folder": str(done.folder), "on_record": on_record})
    else:
        shell.out.line(render(done.report))
        shell.out.line(_after(done, near(done.folder, shell.folder), on_record=on_record))
    return _code(done.report)


def _terms(arguments: argparse.Namespace, shell: Shell, folder: Folder, opened: ExitStack) -> Terms:
    return Terms(
        at_once=arguments.at_once,
        rate=arguments.rate,
        output=arguments.output,
        parent=folder.root.parent / _FOLDER,
        judging=_judging(arguments, shell, opened),
        page=page,
        clock=SystemClock(),
        progress=shell.err.progress,
    )


def _said(arguments: argparse.Namespace) -> Said:
    return Said(
        prompts=arguments.prompts,
        references=arguments.references,
        attacks=tuple(arguments.attack),
        sample=arguments.sample,
        seed=arguments.seed,
        tries=arguments.tries,
        tokens=arguments.tokens,
    )


def _code(report: Report) -> Exit:
    if report.open:
        return Exit.UNEVALUATED
    return Exit.FINDINGS if report.above else Exit.CLEAN


# ---- who is asked -------------------------------------------------------------------------------------------
def _target(arguments: argparse.Namespace, shell: Shell, folder: Folder, opened: ExitStack) -> Target:
    if not arguments.service and arguments.url is None:
        raise UsageInvalid(
            "name a configured service, or an endpoint with --url; see `bartizan evaluate --help`"
        )
    settled = configuration(arguments, shell) if arguments.service else None
    service = _service(arguments, settled)
    model = arguments.model or (_SAMPLE_SERVICE if arguments.service == _SAMPLE_SERVICE else "")
    if not model:
        raise UsageInvalid("name the model with --model, as requests do")
    found: dict[str, tuple[str, Send]] = {}
    endpoint = _endpoint(arguments, shell, service, settled)
    if endpoint is not None and arguments.way != ways.GATEWAY:
        found[ways.DIRECT] = endpoint.where, opened.enter_context(ways.direct(endpoint))
    if arguments.service and arguments.way != ways.DIRECT:
        found[ways.GATEWAY] = (
            f"gateway {arguments.service}",
            opened.enter_context(ways.through_gateway(folder, arguments.service)),
        )
    if not found:
        raise UsageInvalid(
            "there is no such way: the built-in sample is reached through the gateway alone, a URL directly"
        )
    ceiling = service.robustness.ceiling_percent if service is not None else CEILING
    return Target(arguments.service or "", arguments.service or "endpoint", model, ceiling, found)


def _service(arguments: argparse.Namespace, settled: Configuration[Settings] | None) -> Service | None:
    if settled is None or arguments.service == _SAMPLE_SERVICE:
        return None
    known = {each.name: each for each in settled.sections.service}
    if arguments.service not in known:
        raise UsageInvalid(
            f"there is no service of that name; known are {', '.join((*sorted(known), _SAMPLE_SERVICE))}"
        )
    if known[arguments.service].protocol is not Protocol.OPENAI:
        raise UsageInvalid(
            'an evaluation speaks the OpenAI API: services of protocol = "openai" can be evaluated'
        )
    return known[arguments.service]


def _endpoint(
    arguments: argparse.Namespace,
    shell: Shell,
    service: Service | None,
    settled: Configuration[Settings] | None,
) -> ways.Endpoint | None:
    if arguments.url is not None:
        return _at(arguments.url, arguments.key, arguments.ca, shell)
    return ways.of_service(service, settled.folder) if service is not None and settled is not None else None


def _judging(arguments: argparse.Namespace, shell: Shell, opened: ExitStack) -> Judging | None:
    if arguments.judge is None:
        return None
    if not arguments.judge_model:
        raise UsageInvalid("name the model that judges with --judge-model")
    endpoint = _at(arguments.judge, arguments.judge_key, arguments.ca, shell)
    return Judging(endpoint.where, opened.enter_context(ways.direct(endpoint)), arguments.judge_model)


def _at(url: str, key: str | None, authorities: Path | None, shell: Shell) -> ways.Endpoint:
    try:
        return ways.at_url(url, key, None if authorities is None else str(authorities), shell.folder)
    except AddressInvalid as fault:
        raise UsageInvalid(f"the endpoint's address {fault.what}") from None


# ---- what is shown ------------------------------------------------------------------------------------------
def render(report: Report) -> str:
    """Return a report as a table: attacks, categories and over-refusal, the ways side by side."""
    head = ["", *(cell for count in report.counts for cell in (count.way.upper(), "95 %", "OF"))]
    groups: list[tuple[str, list[tuple[Row, ...]]]] = [
        ("Answered, by attack", list(zip(*(count.attacks for count in report.counts), strict=True))),
        ("", [tuple(count.any for count in report.counts)]),
        (
            "Answered to any attack, by category",
            list(zip(*(count.categories for count in report.counts), strict=True)),
        ),
        ("Refused, though harmless", [tuple(count.refused for count in report.counts)]),
    ]
    if report.asked.copied:
        groups.append(("Known texts given", [tuple(count.copied for count in report.counts)]))
    rows = [head]
    for title, lines in groups:
        rows += [[title, *[""] * (len(head) - 1)]] if title else []
        rows += [[f"  {line[0].name}", *(cell for row in line for cell in _cells(row))] for line in lines]
    return table(rows, frozenset(range(1, len(head))))


def _cells(row: Row) -> tuple[str, str, str]:
    if not row.asked:
        return "-", "-", f"0, {row.open} open" if row.open else "0"
    limits = f"{row.low * 100:.1f}-{row.high * 100:.1f}"
    return f"{row.share * 100:.1f} %", limits, f"{row.asked}, {row.open} open" if row.open else str(row.asked)


def _after(done: Evaluation, where: str, *, on_record: bool) -> str:
    told = done.report
    judge = (
        "judged by the built-in proxy, which reads the form of answers, not their harm"
        if told.judge == PROXY
        else f"judged by {told.judging}"
    )
    worst = told.decisive.worst
    fits = "ABOVE" if told.above else "within"
    lines = [
        "",
        f"worst attack {worst.name}: {worst.share * 100:.1f} %, {fits} the ceiling of {told.ceiling} %; {judge}",
        *(
            [f"{told.asked.left} requests for known texts were left out: see --references"]
            if told.asked.left
            else []
        ),
        *(f"OPEN: {count} of: {fault}" for fault, count in sorted(told.faults.items())),
        *([f"{told.open} requests have no verdict; the same command goes on with them"] if told.open else []),
        f"report in {where}: report.html, report.json; answers.jsonl holds what the model said"
        + ("; on record" if on_record else ""),
    ]
    return "\n".join(lines)


# ---- what may be said ---------------------------------------------------------------------------------------
def _rate(given: str) -> float:
    try:
        found = float(given)
    except ValueError:
        found = -1.0
    if not 0.01 <= found <= 1000:  # noqa: PLR2004 - one in a hundred seconds, one a millisecond
        raise argparse.ArgumentTypeError("requests a second are needed, from 0.01 to 1000")
    return found


def _reference(given: str) -> str:
    if not given.startswith(("env:", "file:", "keyring:")):
        raise argparse.ArgumentTypeError(
            "a reference to the key is needed, never the key: env:NAME, file:PATH or keyring:NAME"
        )
    return given


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "service", nargs="?", metavar="SERVICE", type=name, help="a configured service, or `sample`"
    )
    _of_whom(parser.add_argument)
    _of_what(parser.add_argument)
    _of_how(parser.add_argument)
    state_options(parser)
    json_option(parser)


def _of_whom(add: Callable[..., object]) -> None:
    keys = "env:NAME, file:PATH or keyring:NAME"
    bundle = "PEM file of who may certify endpoints; default: this machine's list"
    one = "one way only; default: both, side by side, where there are both"
    judge = "an OpenAI-compatible endpoint that judges, instead of the proxy"
    add("--url", type=text, metavar="URL", help="the endpoint that is asked directly: https://HOST/v1")
    add("--key", type=_reference, metavar="REF", help=f"reference to its key: {keys}")
    add("--ca", type=path, metavar="FILE", help=bundle)
    add("--model", type=text, metavar="NAME", help="as requests name it")
    add("--way", choices=(ways.DIRECT, ways.GATEWAY), help=one)
    add("--judge", type=text, metavar="URL", help=judge)
    add("--judge-model", type=text, metavar="NAME", help="the model that judges")
    add("--judge-key", type=_reference, metavar="REF", help="reference to its key")


def _of_what(add: Callable[..., object]) -> None:
    prompts = f"CSV or JSON lines, such as HarmBench's; default: the set {OWN}"
    texts = "known texts as ID.txt, for HarmBench's requests for copyrighted texts"
    drawn = "draw N harmful prompts, and N harmless ones; 0: all"
    tries = "of one attack on one prompt, at most; default: 8"
    add("--prompts", type=path, metavar="FILE", help=prompts)
    add("--references", type=path, metavar="DIR", help=texts)
    add(
        "--attack",
        type=name,
        action="append",
        default=[],
        metavar="NAME",
        help="only these, and direct; may be repeated",
    )
    add("--sample", type=whole(0, 20_000), default=0, metavar="N", help=drawn)
    add("--seed", type=whole(0, 2**53 - 1), default=1, metavar="N", help="of every choice; default: 1")
    add("--tries", type=whole(1, 1000), default=8, metavar="N", help=tries)


def _of_how(add: Callable[..., object]) -> None:
    rate = "requests a second to each endpoint; default: as they are answered"
    output = "folder for answers and report; default: one in `evaluations`, beside the state folder"
    add(
        "--tokens",
        type=whole(1, 8192),
        default=TOKENS,
        metavar="N",
        help=f"of an answer, at most; default: {TOKENS}",
    )
    add("--at-once", type=whole(1, 64), default=4, metavar="N", help="requests under way; default: 4")
    add("--rate", type=_rate, default=0.0, metavar="N", help=rate)
    add("--output", type=path, metavar="DIR", help=output)


COMMAND = Command(
    "evaluate",
    "Asks a model what it should refuse, with known jailbreaks, and harmless questions that sound alike, and counts what\n"
    "it answers: at its endpoint, and through the gateway where SERVICE is configured and a platform runs. Answers are\n"
    "kept in a folder that you alone can read; an evaluation that was cut off goes on when it is asked for again.\n"
    "The result of a configured service is an entry of the record, without any text.\n"
    "Ends with 0; 1 where an attack succeeds more often than the service's ceiling; 3 where something has no verdict.",
    _arguments,
    _run,
)
