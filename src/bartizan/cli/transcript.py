"""What `bartizan up` prints around the drill's table: where things are, and what to type next.

Rules of this file: text only. Every command shown works when it is pasted into the same shell.
"""

import enum
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.cli.place import near
from bartizan.drill.verdict import Result, Standing
from bartizan.promise import rooms

LABEL: Final = 12
"""Columns of the labels on the left."""
SECONDS: Final = 72
"""Column at which the seconds of a step end."""


class Stay(enum.Enum):
    """How long the platform stays: until Ctrl-C, until `bartizan down`, or not beyond the drill."""

    HERE = "here"
    DETACHED = "detached"
    GONE = "gone"


class Place(NamedTuple):
    """Where the platform is, as the person at the prompt sees it.

    Attributes:
        url: of the gateway.
        listen: host:port of the gateway.
        state: the state folder.
        folder: the working folder.
        options: words that every further command needs to find the same state (`--state`, ...).
        services: configured services; none where the sample stands in.
        tls: whether the gateway speaks TLS.
        hybrid: whether it speaks with nobody who cannot do the hybrid key agreement.
        model: what a first request may ask for: the sample's name, or the real model's beside it.
    """

    url: str
    listen: str
    state: Path
    folder: Path
    options: tuple[str, ...]
    services: tuple[str, ...]
    tls: bool
    hybrid: bool = False
    model: str = "sample"


def step(label: str, said: str, seconds: float | None = None) -> str:
    """Return one line of what was done, with the time that it took at the right."""
    line = f"{label:<{LABEL}} {said}"
    if seconds is None:
        return line
    took = f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"  # noqa: PLR2004 - two digits are enough
    return f"{line:<{SECONDS - len(took)}}{took}" if len(line) < SECONDS - len(took) else f"{line}  {took}"


def keys(place: Place, before: bytes, after: bytes) -> str:
    """Return the line about keys.

    Args:
        place: where the platform is.
        before, after: the certificate that clients trust, before the start (empty where there was none) and after.
    """
    folder = shlex.quote(near(place.state, place.folder))
    if before and before != after:
        return step("keys", f"the same keys, a new certificate: give clients {folder}/ca.pem anew")
    which = "the same" if before else "new"
    return step("keys", f"{which} authority and ledger keys in {folder}/ (git-ignored)")


def gateway(place: Place, seconds: float, *, loopback: bool) -> str:
    """Return the line about the gateway."""
    where = "this machine only" if loopback else f"listens on {place.listen}, reachable from outside"
    return step("gateway", f"{place.url} ({where})", seconds)


def unprotected(place: Place, result: Result) -> tuple[tuple[str, str], ...]:
    """Return what is open although no attack has shown it, and how to list everything that is not proven."""
    known = [
        (promise.partition(".")[2].replace("-", " "), said)
        for room in rooms()
        for promise, said in room.unprotected.items()
        if result.standing(promise) is Standing.NOT_PROVEN
    ]
    unproven = result.count(Standing.NOT_PROVEN)
    every = [(f"all {unproven}", _command("status", "--not-proven", *place.options))] if unproven else []
    return (*known, *every)


def closing(place: Place, *, drilled: bool, stay: Stay) -> str:
    """Return what to do next, after the drill's table.

    Args:
        place: where the platform is.
        drilled: whether a drill was run.
        stay: how long the platform stays; where it is gone, nothing is said that needs it.
    """
    lines = [""]
    if stay is not Stay.GONE:
        lines += ["Send a request:", *_request(place)]
    if not place.services:
        lines.append(_next("Your service:", _command("init", "https://api.example.com/v1")))
    if not drilled:
        lines.append(_next("Prove it:", _command("drill", *place.options)))
    lines.append(_next("Check proof:", _command("ledger", "verify", *place.options)))
    return "\n".join([*lines, *_ending(place, stay)])


def _ending(place: Place, stay: Stay) -> list[str]:
    reset = _command("reset", *place.options)
    match stay:
        case Stay.HERE:
            return [f"Ctrl-C stops; `{reset}` deletes this state."]
        case Stay.DETACHED:
            return [_next("Stop:", f"{_command('down', *place.options)}; `{reset}` deletes this state")]
        case Stay.GONE:
            return []


def _request(place: Place) -> list[str]:
    token = _command("token", "--header", *place.options)
    authority = f" --cacert {shlex.quote(near(place.state / 'ca.pem', place.folder))}" if place.tls else ""
    model = "MODEL" if place.services else place.model
    note = [f"  (with a model of {place.services[0]} for MODEL)"] if place.services else []
    if place.tls and place.hybrid:
        note.append("  (pq is required: curl needs OpenSSL 3.5 or newer for that, see `curl --version`)")
    return [
        f"  {token} | curl{authority} \\",
        f"    {place.url}/v1/chat/completions -H @- -H 'Content-Type: application/json' \\",
        f"""    -d '{{"model":"{model}","messages":[{{"role":"user","content":"hi"}}]}}'""",
        *note,
    ]


def _next(label: str, command: str) -> str:
    return f"{label:<14} {command}"


def _command(*words: str) -> str:
    return shlex.join([*program(), *words])


def program() -> tuple[str, ...]:
    """Return the words by which this command can be started again from the same folder."""
    started = Path(sys.argv[0] if sys.argv else "bartizan")
    if started.name != "bartizan":
        return (sys.executable, "-m", "bartizan")
    found = shutil.which("bartizan")
    if found is not None and Path(found).exists() and started.exists() and Path(found).samefile(started):
        return ("bartizan",)
    relative = os.path.relpath(started)
    return (relative if not relative.startswith("..") else str(started.absolute()),)
