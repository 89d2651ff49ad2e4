"""`kill -9` at random moments under load: `python -m bench.kills`. Nothing that was admitted may be lost.

Kills any process of a platform, the supervisor included, while clients ask without end; a platform whose
supervisor was killed is started again. At the end the platform is stopped and the record compared with what the
clients were told: each answered request is on record as done, each admitted one is completed exactly once, and
the ledger verifies. 200 kills take some five minutes; `--each` has so many of each kind of process, which takes seven times as long.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from bartizan import __version__
from bench.bed.crowd import Load, LoadEnded, Unaccounted, configured, require_accounted
from bench.bed.report import machine, record, table

_COMMAND = str(Path(sys.executable).with_name("bartizan"))
_PATIENCE_S = 60
_TOKEN_S = 300
"""After how long clients show another token: they live for twice as long."""
KINDS = frozenset({"supervisor", "worker", "spare", "sealer", "dialer", "control", "sample"})
"""What can be killed; a spare is a worker that does not serve yet, or no more."""


class CampaignFailed(RuntimeError):
    """What was promised does not hold, or the platform did not come back; the message says what."""


class Campaign(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        killed: how often each kind of process was.
        answered, recorded: requests with an answer of 200; requests on record.
        failed, refused: connections that ended under a client, and that nobody took.
        statuses: how often each other answer came.
        descriptors: that the supervisor keeps open, once it was whole for the first time in its last life, and at the end of it.
    """

    killed: dict[str, int]
    answered: int
    recorded: int
    failed: int
    refused: int
    statuses: dict[int, int]
    descriptors: tuple[int, int]


def main(words: Sequence[str] | None = None) -> int:
    """Kill and print; 0, or 3 where something was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", action="store_true", help="so many of each kind of process, not in all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    try:
        with tempfile.TemporaryDirectory(prefix="bartizan-kills-") as folder:
            wanted = Wanted(arguments.kills, each=arguments.each)
            came = campaign(Path(folder), wanted, random.Random(arguments.seed))
    except CampaignFailed as fault:
        print(f"seed {arguments.seed}: {fault}", file=sys.stderr)
        return 3
    rows = [[kind, str(times)] for kind, times in sorted(came.killed.items())]
    rows += [
        ["requests answered", str(came.answered)],
        ["requests on record, each completed once", str(came.recorded)],
        ["admitted and lost", "0"],
        ["connections that ended under a client", str(came.failed)],
        ["connections refused while no platform ran", str(came.refused)],
        [
            "other answers",
            ", ".join(f"{times} x {status}" for status, times in came.statuses.items()) or "none",
        ],
        ["supervisor's descriptors, first and last", "{} and {}".format(*came.descriptors)],
    ]
    body = table([f"killed, {wanted} (seed {arguments.seed})", "seen"], rows)
    print(body, machine(), sep="\n")
    if arguments.record:
        record("Kills", {"Bartizan": __version__}, body)
    return 0


class Wanted:
    """How many kills are still to come: so many, of whichever kind, or of each."""

    def __init__(self, kills: int, *, each: bool) -> None:
        self.kills, self.each = kills, each

    @override
    def __str__(self) -> str:
        return f"{self.kills} of each kind" if self.each else f"of {self.kills}"

    def of(self, killed: Counter[str]) -> frozenset[str]:
        """Return the kinds of which one may be killed next."""
        if self.each:
            return frozenset(kind for kind in KINDS if killed[kind] < self.kills)
        return KINDS if killed.total() < self.kills else frozenset()


def campaign(folder: Path, wanted: Wanted, chance: random.Random) -> Campaign:
    """Kill so many processes of a platform in an empty folder and return what came of it.

    Raises:
        CampaignFailed: something was lost, or did not come back.
    """
    if not wanted.of(Counter()):
        raise CampaignFailed("nothing would be killed")
    with configured() as text:
        (folder / "bartizan.toml").write_text(text)
        state = folder / "state"
        port = _up(folder, "0")
        try:
            with Load(port, [_run(folder, "token").strip()]) as load:
                _served(load)
                killed, descriptors = _kill(folder, load, port, wanted, chance)
                _served(load)
        except LoadEnded as fault:
            raise CampaignFailed(f"a client ended early: {fault}") from fault
        finally:
            _run(folder, "down")
    try:
        recorded = require_accounted(state, load.answered)
    except Unaccounted as fault:
        raise CampaignFailed(str(fault)) from fault
    _run(folder, "ledger", "verify")
    statuses = dict(load.statuses)
    return Campaign(
        dict(killed), len(load.answered), recorded, load.failed, load.refused, statuses, descriptors
    )


def _kill(
    folder: Path, load: Load, port: int, wanted: Wanted, chance: random.Random
) -> tuple[Counter[str], tuple[int, int]]:
    killed, state, fresh = Counter[str](), folder / "state", time.monotonic()
    supervisor = int(_status(state)["pid"])
    first: dict[int, int] = {}
    while kinds := wanted.of(killed):
        time.sleep(chance.expovariate(2.0))
        if time.monotonic() - fresh > _TOKEN_S:
            _until(lambda: _whole(state))
            load.renew([_run(folder, "token").strip()])
            fresh = time.monotonic()
            _served(load)
        if supervisor not in first and _whole(state):
            first[supervisor] = _settled(supervisor)
        told, within = _until(partial(_within, state, kinds))
        kind, pid = chance.choice(within)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it is being replaced
        killed[kind] += 1
        if kind == "supervisor":
            _until(partial(_all_gone, told))
            _up(folder, str(port))
            supervisor = int(_status(state)["pid"])
    _until(lambda: _whole(state))
    last = _settled(supervisor)
    return killed, (first.get(supervisor, last), last)


def _served(load: Load) -> None:
    """Return once another request was answered: at the beginning, and again after the last kill."""
    before = len(load.answered)
    _until(lambda: len(load.answered) > before, "no client is answered")


def _within(state: Path, kinds: frozenset[str]) -> tuple[dict[str, Any], list[tuple[str, int]]] | None:
    """Return what the platform says of itself, and which processes are of these kinds; None while none is."""
    told = _status(state)
    there = [("supervisor", told["pid"]), *((_kind(p), p["pid"]) for p in told["processes"])] if told else []
    within = [(kind, pid) for kind, pid in there if kind in kinds]
    return (told, within) if within else None


def _kind(process: dict[str, Any]) -> str:
    return "spare" if process["kind"] == "worker" and process["state"] != "serving" else str(process["kind"])


def _whole(state: Path) -> bool:
    """Return whether every process is there again."""
    there = Counter((p["kind"], p["state"]) for p in _status(state)["processes"] if _alive(p["pid"]))
    ready = all(there[kind, "ready"] == 1 for kind in ("sealer", "dialer", "control", "sample", "worker"))
    return ready and there["worker", "serving"] == 1


def _up(folder: Path, port: str) -> int:
    _run(folder, "up", "--detach", "--no-drill", "--port", port)
    return int(_status(folder / "state")["listen"].rpartition(":")[2])


def _run(folder: Path, *words: str) -> str:
    command = [_COMMAND, *words, "--state", str(folder / "state")]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if told.returncode:
        raise CampaignFailed(f"bartizan {words[0]}: {told.stdout[-2000:]}{told.stderr[-2000:]}")
    return told.stdout


def _status(state: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((state / "run" / "status.json").read_text())
    except FileNotFoundError:
        return {}
    return found


def _settled(pid: int) -> int:
    """Return how many descriptors a process keeps open: the fewest in a second, for a connection or a child on its way has some too."""
    seen = list[int]()
    for _ in range(20):
        seen.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
        time.sleep(0.05)
    return min(seen)


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _all_gone(told: dict[str, Any]) -> bool:
    return not any(_alive(p["pid"]) for p in told["processes"])


def _until(look: Callable[[], Any], otherwise: str = "a process that was killed did not come back") -> Any:  # noqa: ANN401 - whatever is looked for
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise CampaignFailed(otherwise)


if __name__ == "__main__":
    sys.exit(main())
