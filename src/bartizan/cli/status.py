"""`bartizan status`: show what is proven, broken and not proven, and how the platform runs."""

import argparse
from typing import Any, Final, NamedTuple

import msgspec

from bartizan.app.feeding import COSIGNED, FINDINGS
from bartizan.app.report import standing
from bartizan.app.running import status
from bartizan.app.schedule.standing import NotIntact, Overdue, not_intact, overdue
from bartizan.app.schedule_settings import wanted
from bartizan.app.status import Domain, Policies, Process, Shipping, SignIns, Status
from bartizan.app.weakness import weaknesses
from bartizan.cli.command import Command, Exit, Shell, json_option, state_options
from bartizan.cli.place import near, state
from bartizan.cli.screen import places, span, table
from bartizan.cli.settled import configuration
from bartizan.clock import SECOND, Nanoseconds, SystemClock
from bartizan.compliance.posture import Posture, Row, Standing
from bartizan.threats.encoder import BROKEN


class _Found(NamedTuple):
    """All that is shown.

    Attributes:
        posture: every control.
        rows: those that are shown.
        running: what the platform says of itself, where one runs.
        weak: settings and processes that are weaker than they could be, a sentence each.
        late: schedules that are overdue.
        faulty: what the last audit found wrong with the record.
        now: UTC nanoseconds.
    """

    posture: Posture
    rows: tuple[Row, ...]
    running: Status | None
    weak: tuple[str, ...]
    late: tuple[Overdue, ...]
    faulty: NotIntact | None
    now: Nanoseconds


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder, now = state(arguments, shell), SystemClock().now()
    posture, running = standing(folder, now), status(folder)
    settings = configuration(arguments, shell).sections
    rows = (row for row in posture.rows if not arguments.not_proven or row.standing is not Standing.PROVEN)
    found = _Found(
        posture,
        tuple(rows),
        running,
        (*weaknesses(settings), *_weak_processes(running)),
        overdue(folder.ledger, wanted(settings.schedule), now),
        not_intact(folder.ledger),
        now,
    )
    if arguments.json:
        shell.out.document(_document(found))
    else:
        shell.out.line(_text(found, near(folder.root, shell.folder)))
    contradicted = running is not None and any(one.word in FINDINGS for one in running.witnesses)
    wrong = posture.count(Standing.BROKEN) or found.late or found.faulty or contradicted
    return Exit.FINDINGS if wrong else Exit.CLEAN


def _text(found: _Found, where: str) -> str:
    shown = [row for row in found.rows if row.proofs or row.standing is not Standing.NOT_PROVEN]
    silent = [row for row in found.rows if row not in shown]
    head = ("CONTROL", "STANDING", "HELD", "LEDGER", "AGE", "")
    parts = [_platform(found.running, found.now, where)]
    if shown:
        parts.append(table([head, *(_cells(row, found.now) for row in shown)], frozenset({2, 4})))
    if silent:
        parts.append("Never tried:\n" + table([(f"  {row.control}", row.why) for row in silent]))
    counts = (f"{found.posture.count(standing)} {standing.value}" for standing in Standing)
    parts.append("   ".join(counts))
    if found.faulty:
        parts.append(_faulty(found.faulty, found.now))
    if found.late:
        parts.append("Overdue:\n" + table([(f"  {each.name}", _late(each)) for each in found.late]))
    if found.weak:
        parts.append("Weak settings:\n" + "\n".join(f"  {sentence}" for sentence in found.weak))
    return "\n\n".join(parts)


def _faulty(last: NotIntact, now: Nanoseconds) -> str:
    plural = "fault" if last.faults == 1 else "faults"
    when = f"{last.faults} {plural} in {last.entries} entries, {span((now - last.at) / SECOND)} ago (#{last.entry})"
    return f"The record is NOT INTACT: the last audit found {when}; keep a copy, and run `bartizan ledger verify`"


def _late(each: Overdue) -> str:
    last = f"last carried out {span(each.seconds)} ago" if each.carried_out else "never carried out"
    of = f" ({each.control})" if each.control else ""
    return f"{last}, wanted every {span(each.every)}{of}: see `bartizan schedule list`"


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
        *([("guard", _guard(running.sieve, running.injections, running.encoder))] if running.sieve else []),
        *([("policy", in_force(running.policy))] if running.policy else []),
        *([("sign-ins", _sign_ins(running.sign_ins))] if running.sign_ins else []),
        (
            "ledger",
            f"{running.entries} entries" + (f", {running.altered} ALTERED" if running.altered else ""),
        ),
        *_witnesses(running, now),
        *(("connector", _shipping(one)) for one in running.connectors),
        *(("trust domain", domain(one, now)) for one in running.domains),
        *((f"{process.kind} {process.pid}", _held(process)) for process in running.processes),
    ]
    return "\n".join(f"{name:<15} {said}".rstrip() for name, said in lines)


def in_force(policy: Policies) -> str:
    """Return which policies are in force, and what the configured files have to do with it."""
    files = "the configured files" if policy.own else "the built-in policies"
    where = {
        "start": files,
        "applied": "applied by the owner",
        "rolled-back": f"rolled back to version {policy.repeats}",
    }[policy.source]
    if policy.configured:
        return f"version {policy.version}: {where}" + (
            "" if policy.source == "start" else f"; {files} say the same"
        )
    return (
        f"version {policy.version}: {where}; NOT what {files} say, which win at a start once they are changed"
    )


def _guard(sieve: str, injections: str, encoder: str) -> str:
    said = f"inspects by {sieve}"
    if not injections:
        return f"{said}, NO MODEL OF INJECTIONS: what strangers write is held back; install Bartizan anew"
    return f"{said}, injections by the model of {injections}, {_encoder(encoder)}"


def _encoder(day: str) -> str:
    if day == BROKEN:
        return (
            "THE ENCODER IS BROKEN: documents and tool results are held back; install bartizan[encoder] anew"
        )
    return f"documents by the encoder of {day}" if day else "documents without an encoder"


def _sign_ins(watched: SignIns) -> str:
    alerts = (
        f"{watched.today} {'alert' if watched.today == 1 else 'alerts'} today, budget {watched.budget} a day"
    )
    withheld = f", {watched.withheld} more withheld" if watched.withheld else ""
    learning = "; still learning what is usual" if watched.learning else ""
    see = ": see `bartizan signins list`" if watched.today else ""
    return f"{alerts}{withheld}{learning}{see}"


def _witnesses(running: Status, now: Nanoseconds) -> list[tuple[str, str]]:
    """Return a line on what is witnessed, and one for each witness that does not cosign."""
    if not running.witnesses:
        return []
    failing = [one for one in running.witnesses if one.word not in {"", COSIGNED}]
    asked = f"{running.quorum} of {len(running.witnesses)} must cosign"
    said = f"{running.witnessed} entries ({asked})" if running.witnessed else f"NOTHING YET ({asked})"
    return [
        ("witnessed", said),
        *(
            (
                f"witness {one.name}",
                f"{_SAID[one.word]}, at {one.size} entries, for {span((now - one.since) / SECOND)}",
            )
            for one in failing
        ),
    ]


_SAID: Final = {
    "split-view": "SPLIT VIEW: it has seen another history under this ledger's keys",
    "rolled-back": "ROLLED BACK: it has seen more entries than this ledger has",
    "unknown": "NOT COSIGNING: it does not trust this ledger; give its operator ledger/keys.pub",
    "untrusted": "NOT COSIGNING: it knows this ledger under other keys, or is not certified",
    "malformed": "NOT COSIGNING: its answers are not those of a witness",
    "unreachable": "NOT ANSWERING",
    "unavailable": "NOT COSIGNING: it says that it cannot",
    "forged": "NOT COSIGNING: what it signs is not under the keys that it is known by",
    "damaged": "NOT ASKED: this ledger does not bear its own checkpoint out; run `bartizan ledger verify`",
}
"""What each word of a submission means, for people."""


def _shipping(one: Shipping) -> str:
    if not one.waiting:
        return f"{one.name}: has everything"
    age = f", the oldest of {span(one.age)} ago" if one.age else ""
    why = f"; {'STALLED' if one.stalled else 'trying again'}: {one.word or 'nothing is delivered'}"
    return f"{one.name}: {one.waiting} entries wait{age}{why if one.stalled or one.word else ''}"


def domain(one: Domain, now: Nanoseconds) -> str:
    """Return how a trust domain stands: what its bundle holds, how old that is, and why it cannot be read."""
    why = f"; cannot be read: {one.word}" if one.word else ""
    if not one.confirmed:
        return f"{one.trust_domain}: NO BUNDLE, so its workloads are refused{why}"
    held = f"{one.authorities} authorities, {one.keys} keys, held {span((now - one.confirmed) / SECOND)} ago"
    if now >= one.until:
        return f"{one.trust_domain}: OUTDATED, so its workloads are refused: {held}{why}"
    left = f", counts for {span((one.until - now) / SECOND)} more" if one.word else ""
    return f"{one.trust_domain}: {held}{left}{why}"


def _held(process: Process) -> str:
    confined = "seccomp" if process.seccomp else ""
    landlock = f"Landlock {process.landlock}" if process.landlock else ""
    held = ", ".join(filter(None, (confined, landlock))) or "none"
    return f"{process.state:<9} isolation: {held}{'; compiled' if process.compiled else ''}"


_CONFINED: Final = {
    "worker": "serving",
    **dict.fromkeys(
        ("shipper", "feeder", "exporter", "archiver", "workloads", "inspector", "guard-judge"), "ready"
    ),
}
"""Which processes are confined, and in which state they are by then."""


def _weak_processes(running: Status | None) -> tuple[str, ...]:
    if running is None:
        return ()
    return tuple(
        f"{process.kind} {process.pid} runs without a system-call filter"
        for process in running.processes
        if process.state == _CONFINED.get(process.kind) and not process.seccomp
    )


def _document(found: _Found) -> dict[str, Any]:
    return {
        "counts": {standing.value: found.posture.count(standing) for standing in Standing},
        "controls": [
            {
                "control": row.control,
                "standing": row.standing.value,
                "why": row.why,
                "held": row.held,
                "tried": row.tried,
                "entries": list(row.entries) if row.entries else None,
                "age_seconds": None if row.oldest is None else max(0, found.now - row.oldest) // SECOND,
            }
            for row in found.rows
        ],
        "platform": None if found.running is None else msgspec.to_builtins(found.running),
        "not_intact": None if found.faulty is None else msgspec.to_builtins(found.faulty),
        "overdue": [msgspec.to_builtins(each) for each in found.late],
        "weak": list(found.weak),
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
    "Ends with 0, or 1 where a control is broken, a schedule overdue, the record not intact by its last audit, or a\n"
    "witness has seen another history of it.",
    _arguments,
    _run,
)
