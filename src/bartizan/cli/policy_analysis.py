"""What `bartizan policy analyse` finds of policies whoever asks."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bartizan.app.policy.files import read
from bartizan.app.policy_schema import schema
from bartizan.cli.command import Command, Exit, Shell, json_option, path, state_options
from bartizan.cli.policy_reading import chosen, engine_of, files_argument, place_of
from bartizan.cli.screen import table
from bartizan.cli.settled import configuration
from bartizan.policy.analysis import Analysis, Comparison, Fault, analyse, compare
from bartizan.policy.model import Asked
from bartizan.policy.schema import parsed

_MEANING: Final = {
    Fault.NEVER: "applies to no request",
    Fault.OVERRULED: "whatever it permits, others forbid",
    Fault.REPEATED: "permits nothing that others do not",
}


def _analyse(arguments: argparse.Namespace, shell: Shell) -> Exit:
    files = chosen(arguments, shell)
    rules, understood = engine_of(files).rules, parsed(schema())
    found = analyse(rules, understood)
    beside = None
    if arguments.against:
        others = read(arguments.against, configuration(arguments, shell).folder)
        beside = compare(rules, engine_of(others).rules, understood)
    if arguments.json:
        shell.out.document(_analysed(found, beside))
    else:
        shell.out.line("\n".join([*_findings(found, files), *(_compared(beside) if beside else [])]))
    return Exit.FINDINGS if found.findings else Exit.CLEAN


def _findings(found: Analysis, files: Mapping[str, str]) -> Iterable[str]:
    rows = [
        (
            f"{place_of(each.policy, files)}: {each.policy}",
            ": ".join(filter(None, (_MEANING[each.fault], ", ".join(each.others)))),
        )
        for each in found.findings
    ]
    if rows:
        yield table(rows)
    if found.allowed == 0:
        yield "the set allows NOTHING"
    if found.allowed == found.requests:
        yield "the set allows EVERYTHING"
    yield _tried(found.requests, complete=found.complete)


def _compared(found: Comparison) -> Iterable[str]:
    one, other = found.first_only, found.second_only
    if one is None and other is None:
        yield "both sets allow the same"
    elif one is None:
        yield "the others allow all that these do, and more"
    elif other is None:
        yield "these allow all that the others do, and more"
    if one is not None:
        yield f"only these allow: {_request(one)}"
    if other is not None:
        yield f"only the others allow: {_request(other)}"
    if found.both is None:
        yield "there is nothing that both allow"
    yield _tried(found.requests, complete=found.complete)


def _tried(requests: int, *, complete: bool) -> str:
    how = (
        "every request that these policies can tell apart"
        if complete
        else "the edges of what they name alone, since they use patterns, sums or many roles: no proof"
    )
    return f"tried on Cedar: {requests} requests, {how}"


def _request(one: Asked) -> str:
    roles = f" with {', '.join(role.id for role in one.roles)}" if one.roles else ""
    traits = "".join(f", {field}={value!r}" for field, value in one.traits.items())
    context = ", ".join(f"{field}={value!r}" for field, value in one.context.items())
    said = ", ".join(f"{field}={value!r}" for field, value in one.attributes.items())
    return f"{one.principal.type} {one.principal.id}{roles}{traits}: {one.action} on {one.resource.id} ({said}; {context})"


def _analysed(found: Analysis, beside: Comparison | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "requests": found.requests,
        "complete": found.complete,
        "allows_everything": found.allowed == found.requests,
        "allows_nothing": found.allowed == 0,
        "findings": [
            {"policy": each.policy, "fault": each.fault.value, "others": list(each.others)}
            for each in found.findings
        ],
    }
    if beside is not None:
        told["against"] = {
            "requests": beside.requests,
            "complete": beside.complete,
            "implies": beside.first_only is None,
            "implied": beside.second_only is None,
            "disjoint": beside.both is None,
        }
    return told


def _analyse_arguments(parser: argparse.ArgumentParser) -> None:
    files_argument(parser)
    parser.add_argument(
        "--against", nargs="+", type=path, metavar="FILE", help="compare with these: which allows more?"
    )
    state_options(parser)
    json_option(parser)


ANALYSE = Command(
    "analyse",
    "find policies that never apply or add nothing, and compare two sets, whoever asks",
    _analyse_arguments,
    _analyse,
)
