"""What `bartizan policy diff` and `suggest` make of what was asked before."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from bartizan.app.owner import Owner
from bartizan.app.policies import check
from bartizan.app.policy.asked import Traffic, traffic
from bartizan.app.policy.facts import Facts, of_platform
from bartizan.app.policy.files import configured, read
from bartizan.app.policy.replay import (
    Change,
    Names,
    Replayed,
    Request,
    changes,
    operation_digest,
    resolve,
    spoken_of,
    stranger,
)
from bartizan.app.policy.suggest import suggest
from bartizan.app.settings import Settings
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, state_options
from bartizan.cli.ledger_query import instant
from bartizan.cli.place import state
from bartizan.cli.policy_guard import documents, lines, of_record
from bartizan.cli.policy_reading import engine_of, files_argument
from bartizan.cli.screen import table
from bartizan.cli.settled import configuration
from bartizan.clock import DAY, SystemClock
from bartizan.config import Configuration
from bartizan.policy.engine import Verdict
from bartizan.policy.scope import Rule

_EVER: Final = 2**63 - 1
_TAGS: Final = 20_000
"""Tags that are asked for at once."""
_NAMES: Final = 2_000
"""Names of tools that are tried."""
SHOWN: Final = 50
"""Changes that are printed; --json lists all."""


def _diff(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner, settled = Owner(state(arguments, shell)), configuration(arguments, shell)
    facts = of_platform(owner)
    files = read(arguments.files, settled.folder) if arguments.files else configured(settled)
    check(files)
    before, after = facts.engine(facts.files), facts.engine(files)
    replayed = _replayed(arguments, shell, owner, facts, settled, (*before.rules, *after.rules))
    found = changes(replayed.requests, before, after)
    if arguments.json:
        shell.out.document(_document(found, replayed, facts))
    else:
        shell.out.line("\n".join(_told(found, replayed, facts)))
    return Exit.FINDINGS if found else Exit.CLEAN


def _suggest(arguments: argparse.Namespace, shell: Shell) -> Exit:
    settled = configuration(arguments, shell)
    if not arguments.guard:
        return _suggest_policies(arguments, shell, settled)
    guards, said = _guards(arguments, shell, settled)
    if arguments.json:
        shell.out.document({"guards": guards})
    else:
        shell.out.line("\n".join(said))
    return Exit.CLEAN


def _guards(
    arguments: argparse.Namespace, shell: Shell, settled: Configuration[Settings]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what guards would have done, as JSON has it and in words."""
    since, until = _times(arguments)
    found = of_record(state(arguments, shell), settled.sections, since, until)
    return documents(found), list(lines(found, since))


def _suggest_policies(arguments: argparse.Namespace, shell: Shell, settled: Configuration[Settings]) -> Exit:
    owner = Owner(state(arguments, shell))
    facts = of_platform(owner)
    replayed = _replayed(arguments, shell, owner, facts, settled, engine_of(facts.files).rules)
    found = suggest(replayed.requests)
    guards, said = _guards(arguments, shell, settled)
    if arguments.json:
        left = [
            {"principal": who, "service": where, "requests": count}
            for (who, where), count in found.left_out.items()
        ]
        document = {"text": found.text, "policies": found.policies, "left_out": left, "guards": guards}
        shell.out.document(document)
        return Exit.CLEAN
    if not found.text:
        shell.err.line("nothing was let through in that time, so nothing is suggested")
    for (who, where), count in found.left_out.items():
        shell.err.line(f"left out: {count} requests of {who} to {where}, for tools whose name nobody says")
    for line in _left_out(replayed):
        shell.err.line(line)
    if found.text:
        shell.out.line(
            f"// Exactly what was let through, no more. Review it before it is applied.\n\n{found.text}"
        )
    shell.out.line("\n".join(f"// {line}".rstrip() for line in said))
    return Exit.CLEAN


def _replayed(
    arguments: argparse.Namespace,
    shell: Shell,
    owner: Owner,
    facts: Facts,
    settled: Configuration[Settings],
    rules: Sequence[Rule],
) -> Replayed:
    since, until = _times(arguments)
    asked = traffic(state(arguments, shell).ledger, since, until)
    texts, patterns = spoken_of(rules)
    operations = {operation_digest(each): each for each in {*_operations(settled), *texts}}
    tools = _tools(owner, asked, sorted({*_pinned(settled), *texts})[:_NAMES])
    return resolve(asked, facts.people, Names(operations, tools, patterns, stranger(texts)))


def _times(arguments: argparse.Namespace) -> tuple[int, int]:
    """Return from when to when is meant, UTC nanoseconds.

    Raises:
        UsageInvalid: nothing can be between them.
    """
    since: int = SystemClock().now() - DAY if arguments.since is None else arguments.since
    until: int = _EVER if arguments.until is None else arguments.until
    if until <= since:
        raise UsageInvalid("--until is not after --since, so nothing can be between them")
    return since, until


def _tools(owner: Owner, asked: Traffic, names: list[str]) -> Mapping[str, Mapping[str, str]]:
    """Return what the record calls each of these tools, for everybody who called any."""
    callers = sorted({each.actor for each in asked.counts if each.tool and each.actor.startswith("p-")})
    found: dict[str, Mapping[str, str]] = {}
    at_once = max(1, _TAGS // max(1, len(names)))
    for first in range(0, len(callers) if names else 0, at_once):
        found |= owner.tool_tags(callers[first : first + at_once], names)
    return found


def _operations(settled: Configuration[Settings]) -> Iterable[str]:
    described = [service.openapi for service in settled.sections.service if service.openapi]
    if described:
        from bartizan.app.description import read_description  # noqa: PLC0415 - only where one is configured

        for file in described:
            yield from (each.id for each in read_description(settled.folder / file)[0].operations)


def _pinned(settled: Configuration[Settings]) -> Iterable[str]:
    for service in settled.sections.service:
        yield from service.tools.pinned
        yield from service.tools.approved


def _told(found: Sequence[Change], replayed: Replayed, facts: Facts) -> Iterable[str]:
    rows = [("", "PRINCIPAL", "ACTION", "SERVICE", "TIMES", "IN FORCE", "THEN"), *map(_cells, found[:SHOWN])]
    if found:
        yield table(rows, frozenset({4}))
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more; --json lists all"
    lost = len([each for each in found if each.before.allowed])
    total = sum(each.admitted + each.refused for each in replayed.requests.values())
    yield (
        f"{lost} would be lost and {len(found) - lost} gained against version {facts.version}, of "
        f"{len(replayed.requests)} different questions in {total} requests"
    )
    yield from _left_out(replayed)


def _left_out(replayed: Replayed) -> Iterable[str]:
    for why, count in sorted(replayed.left_out.items()):
        if count:
            yield f"not asked again: {count} requests {why}"


def _cells(found: Change) -> tuple[str, ...]:
    request = found.request
    return (
        "LOSES" if found.before.allowed else "GAINS",
        request.principal,
        f"{request.action}{_circumstances(request)}",
        request.service,
        str(found.count.admitted + found.count.refused),
        _by(found.before),
        _by(found.after),
    )


def _circumstances(request: Request) -> str:
    said = [
        *([request.operation] if request.operation else []),
        *([request.tool] if request.tool else []),
        *([] if request.quantum_safe else ["classical"]),
        *([f"{request.passkey} passkey"] if request.passkey else []),
    ]
    return f" ({', '.join(said)})" if said else ""


def _by(verdict: Verdict) -> str:
    if verdict.failed:
        return "cannot be evaluated"
    if verdict.allowed:
        return f"permitted by {', '.join(verdict.policies)}"
    return f"forbidden by {', '.join(verdict.policies)}" if verdict.policies else "permitted by none"


def _document(found: Sequence[Change], replayed: Replayed, facts: Facts) -> dict[str, Any]:
    return {
        "version": facts.version,
        "questions": len(replayed.requests),
        "requests": sum(each.admitted + each.refused for each in replayed.requests.values()),
        "left_out": dict(replayed.left_out),
        "changes": [
            {
                "change": "lost" if each.before.allowed else "gained",
                "principal": each.request.principal,
                "action": each.request.action,
                "service": each.request.service,
                "quantum_safe": each.request.quantum_safe,
                "operation": each.request.operation,
                "tool": each.request.tool,
                "passkey": each.request.passkey,
                "admitted": each.count.admitted,
                "refused": each.count.refused,
                "before": msgspec.to_builtins(each.before),
                "after": msgspec.to_builtins(each.after),
            }
            for each in found
        ],
    }


def _span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", type=instant, metavar="WHEN", help="a span such as 2h or 7d, or a date; default: 1d"
    )
    parser.add_argument("--until", type=instant, metavar="WHEN", help="the same; up to then, and not later")
    state_options(parser)
    json_option(parser)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    files_argument(parser)
    _span(parser)


def _suggest_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--guard", action="store_true", help="of guards alone, which needs no running platform"
    )
    _span(parser)


DIFF = Command(
    "diff", "say who would gain and lose what, of all that was asked in a time", _diff_arguments, _diff
)
SUGGEST = Command(
    "suggest",
    "print the least policy that permits what was let through in a time, and what guards would have done",
    _suggest_arguments,
    _suggest,
)
