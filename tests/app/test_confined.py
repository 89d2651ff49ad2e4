"""The processes that carry something out are what they say they are: confined, unless the configuration gives that up."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bartizan.app import inspector_messages as im
from bartizan.app import messages as m
from bartizan.app import shipping_messages as sm
from bartizan.app.boards import Boards
from bartizan.app.channel import Channel, Message, pair
from bartizan.app.child import MODULES
from bartizan.app.feeding import Feeding
from bartizan.app.guard_judge import messages as gm
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.app.guarding import Guard, Guards
from bartizan.app.plan import Connector, Traces
from bartizan.app.supervisor import LAUNCH, READS
from bartizan.app.tracing import Exporting, TracePipe
from bartizan.isolation.kernel import landlock_version
from bartizan.isolation.memory import sealed
from bartizan.traces.otlp import Teller
from tests.app.shipping.ground import Shipyard

FILTERED = "2"
"""In `Seccomp` of /proc/PID/status: a filter decides."""

Begun = tuple[Message, Sequence[int]]


def _shipper(state: Path, *, confined: bool) -> Begun:
    connectors = (Connector("file", "json", "file", file=str(state / "out.jsonl")),)
    return sm.BootShipper(folder=str(state), confined=confined), [sealed(msgspec.json.encode(connectors))]


def _feeder(state: Path, *, confined: bool) -> Begun:
    what = Feeding(str(state / "ledger"), (), 0)
    return sm.BootFeeder(confined=confined), [sealed(msgspec.json.encode(what))]


def _exporter(state: Path, *, confined: bool) -> Begun:
    (state / "run").mkdir()
    what = Exporting(Teller("1", "0" * 32, False, {}), Traces("127.0.0.1", 9, tls=False, path="/"), ())
    fds = [TracePipe().reads, Boards(state / "run").take(1), sealed(msgspec.json.encode(what))]
    return m.BootExporter(confined=confined), fds


def _archiver(state: Path, *, confined: bool) -> Begun:
    return m.BootArchiver(ledger=str(state / "ledger"), confined=confined), []


def _inspector(_: Path, *, confined: bool) -> Begun:
    return im.BootInspector(confined=confined, names=True), [
        sealed(msgspec.json.encode(Guards({"one": Guard("strict")})))
    ]


def _guard_judge(state: Path, *, confined: bool) -> Begun:
    (state / "run").mkdir()
    judge = GuardJudge("127.0.0.1", 9, tls=False, path="/v1", model="m")
    fds = [Boards(state / "run").take(1), sealed(msgspec.json.encode(judge))]
    return gm.BootGuardJudge(confined=confined), fds


KINDS: dict[str, Callable[..., Begun]] = {
    "shipper": _shipper,
    "feeder": _feeder,
    "exporter": _exporter,
    "archiver": _archiver,
    "inspector": _inspector,
    "guard-judge": _guard_judge,
}


def begun(stack: ExitStack, kind: str, state: Path, *, confined: bool) -> tuple[m.Ready, dict[str, str]]:
    """Start a process as the supervisor does; return what it says of itself, and what the kernel says of it."""
    Shipyard(state / "ledger").grow(3)
    ours, theirs = pair()
    channel = Channel(ours, READS[kind])
    stack.callback(channel.close)
    with theirs:
        ours.setblocking(True)
        process = subprocess.Popen(
            [*LAUNCH, MODULES[kind], str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd="/", env={}
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    message, fds = KINDS[kind](state, confined=confined)
    channel.send(message, fds)
    for fd in fds:
        os.close(fd)
    ours.settimeout(60)
    ready: Any = channel.receive()[0]
    assert isinstance(ready, m.Ready)
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return ready, dict(line.replace("\t", "").split(":", 1) for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_confined_before_it_is_ready_and_says_by_what(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        ready, shown = begun(stack, kind, tmp_path, confined=True)
        assert (ready.seccomp, ready.landlock) == (True, landlock_version())
        assert (shown["Seccomp"], shown["NoNewPrivs"]) == (FILTERED, "1")


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_configuration_gives_it_up_it_says_so(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        ready, shown = begun(stack, kind, tmp_path, confined=False)
        assert (ready.seccomp, ready.landlock) == (False, 0)
        assert (shown["Seccomp"], shown["NoNewPrivs"]) == ("0", "1")
