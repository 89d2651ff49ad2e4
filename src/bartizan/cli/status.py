"""`bartizan status`: show what is proven, broken and not proven, and how the platform runs."""

import argparse
from typing import Any

import msgspec

from bartizan.app import platform
from bartizan.app.report import standing
from bartizan.app.status import Process, Shipping, Status
from bartizan.app.weakness import weaknesses
from bartizan.cli.command import Command, Exit, Shell, json_option, state_options
from bartizan.cli.place import configuration, near, state
from bartizan.cli.screen import places, span, table
from bartizan.clock import SECOND, Nanoseconds, SystemClock
from bartizan.compliance.posture import Posture, Row, Standing


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder, now = state(arguments, shell), SystemClock().now()
    posture, running = standing(folder, now), platform.status(folder)
    weak = (*weaknesses(configuration(arguments, shell).sections), *_weak_processes(running))
    rows = tuple(
        row for row in posture.rows if not arguments.not_proven or row.standing is not Standing.PROVEN
    )
    if arguments.json:
        shell.out.document(_document(posture, rows, running, weak, now))
    else:
        where = near(folder.root, shell.folder)
        shell.out.line(_text(posture, rows, running, weak, now, where))
    return Exit.FINDINGS if posture.count(Standing.BROKEN) else Exit.CLEAN


def _text(
    posture: Posture,
    rows: tuple[Row, ...],
    running: Status | None,
    weak: tuple[str, ...],
    now: Nanoseconds,
    where: str,
) -> str:
    shown = [row for row in rows if row.proofs or row.standing is not Standing.NOT_PROVEN]
    silent = [row for row in rows if row not in shown]
    head = ("CONTROL", "STANDING", "HELD", "LEDGER", "AGE", "")
    parts = [_platform(running, now, where)]
    if shown:
        parts.append(table([head, *(_cells(row, now) for row in shown)], frozenset({2, 4})))
    if silent:
        parts.append("Never tried:\n" + table([(f"  {row.control}", row.why) for row in silent]))
    parts.append("   ".join(f"{posture.count(standing)} {standing.value}" for standing in Standing))
    if weak:
        parts.append("Weak settings:\n" + "\n".join(f"  {sentence}" for sentence in weak))
    return "\n\n".join(parts)


def _cells(row: Row, now: Nanoseconds) -> tuple[str, ...]:
    age = "-" if row.oldest is None else span((now - row.oldest) / SECOND)
    return row.control, row.standing.value, f"{row.held}/{row.tried}", places(row.entries), age, row.why


def _platform(running: Status | None, now: Nanoseconds, where: str) -> str:
    if running is None:
        return f"platform     not running on {where}: start it with `bartizan up`"
    since = span((now - running.started) / SECOND)
    state = "accepting" if running.accepting else "NOT ACCEPTING"
    if running.silent:
        state = f"NOT ANSWERING: process {running.pid} has said nothing for {span(running.silent)}"
    lines = [
        ("platform", f"{running.url}, for {since}, {state}"),
        ("services", ", ".join(running.services)),
        *([("targets", f"NOT FIT: {', '.join(running.unfit)}")] if running.unfit else []),
        ("limits", f"counted by {running.limiter}"),
        (
            "ledger",
            f"{running.entries} entries" + (f", {running.altered} ALTERED" if running.altered else ""),
        ),
        *(("connector", _shipping(one)) for one in running.connectors),
        *((f"{process.kind} {process.pid}", _held(process)) for process in running.processes),
    ]
    return "\n".join(f"{name:<15} {said}".rstrip() for name, said in lines)


def _shipping(one: Shipping) -> str:
    if not one.waiting:
        return f"{one.name}: has everything"
    age = f", the oldest of {span(one.age)} ago" if one.age else ""
    why = f"; {'STALLED' if one.stalled else 'trying again'}: {one.word or 'nothing is delivered'}"
    return f"{one.name}: {one.waiting} entries wait{age}{why if one.stalled or one.word else ''}"


def _held(process: Process) -> str:
    confined = "seccomp" if process.seccomp else ""
    landlock = f"Landlock {process.landlock}" if process.landlock else ""
    held = ", ".join(filter(None, (confined, landlock))) or "none"
    return f"{process.state:<9} isolation: {held}{'; compiled' if process.compiled else ''}"


def _weak_processes(running: Status | None) -> tuple[str, ...]:
    if running is None:
        return ()
    return tuple(
        f"worker {process.pid} runs without a system-call filter"
        for process in running.processes
        if process.kind == "worker" and process.state == "serving" and not process.seccomp
    )


def _document(
    posture: Posture, rows: tuple[Row, ...], running: Status | None, weak: tuple[str, ...], now: Nanoseconds
) -> dict[str, Any]:
    return {
        "counts": {standing.value: posture.count(standing) for standing in Standing},
        "controls": [
            {
                "control": row.control,
                "standing": row.standing.value,
                "why": row.why,
                "held": row.held,
                "tried": row.tried,
                "entries": list(row.entries) if row.entries else None,
                "age_seconds": None if row.oldest is None else max(0, now - row.oldest) // SECOND,
            }
            for row in rows
        ],
        "platform": None if running is None else msgspec.to_builtins(running),
        "weak": list(weak),
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--not-proven", action="store_true", help="only what is broken or not proven, with the reason"
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "status",
    "Reads the record of a state folder, and what its platform says of itself; changes nothing. A proof counts\n"
    "for 7 days; an attack that got through counts until it is turned away again.\n"
    "Ends with 0, or 1 where a control is broken.",
    _arguments,
    _run,
)
