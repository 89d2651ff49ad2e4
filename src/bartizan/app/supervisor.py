"""The supervisor: binds, starts the other processes, passes descriptors, and replaces what dies.

Rules of this file: it holds no key but a segment's first one in passing, imports no cryptography, and trusts
no worker. Two gateway workers are always kept, both confined; one serves, the other takes over at once.
"""

import asyncio
import contextlib
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from bartizan.app import inspector_messages as im
from bartizan.app import messages as m
from bartizan.app import pulse
from bartizan.app import shipping_messages as sm
from bartizan.app import worker_messages as w
from bartizan.app import workload_messages as wm
from bartizan.app.boards import Boards
from bartizan.app.boot import BOOT
from bartizan.app.channel import ChannelClosed, Message, MessageRefused
from bartizan.app.child import Child, ChildEnded, describe
from bartizan.app.credentials import Credentials
from bartizan.app.folder import Folder
from bartizan.app.generation import Generation
from bartizan.app.guard_judge import messages as gm
from bartizan.app.lines import Lines
from bartizan.app.listeners import Listeners
from bartizan.app.log import Log, as_json, plainly
from bartizan.app.plan import Plan
from bartizan.app.relay import Relay
from bartizan.app.segments import Record
from bartizan.app.shipments import Shipments
from bartizan.app.status import write_status
from bartizan.app.svids import Svids
from bartizan.app.tracing import TracePipe
from bartizan.app.witnessing import Witnessing
from bartizan.clock import SECOND, SystemClock
from bartizan.ledger.event import Outcome

LAUNCH: tuple[str, ...] = (sys.executable, "-I", "-m", "bartizan.app.start")
"""How a child is started; the module's name and its arguments follow."""
READS: dict[str, Any] = {
    "worker": w.WorkerReports,
    "dialer": m.DialerReports,
    "sealer": m.SealerReports,
    "control": m.ControlReports,
    "sample": m.SampleReports,
    "exporter": m.ExporterReports,
    "archiver": m.ArchiverReports,
    "feeder": sm.FeederReports,
    "shipper": sm.ShipperReports,
    "workloads": wm.WorkloadsReports,
    "inspector": im.InspectorReports,
    "guard-judge": gm.GuardJudgeReports,
}
_BOOT_SECONDS, _DRAIN_SECONDS = 60.0, 10.0
_FIRST_BACKOFF, _LAST_BACKOFF = 0.1, 10.0
_STEADY = 30 * SECOND
_STEP_LIMIT = 5 * SECOND
_AFTER_WORKERS = frozenset(READS) - {"worker", "sealer"}
"""Kinds that are told to end once no worker needs them, and before the sealer."""


class Supervisor:
    """One running platform.

    Args:
        plan: what to start.
    Raises:
        OSError: the port is taken, or the state folder cannot be written.
    """

    def __init__(self, plan: Plan) -> None:
        """Bind and open; nothing is started yet."""
        self.plan, self.clock, self.folder = plan, SystemClock(), Folder(Path(plan.folder))
        self.started = self.clock.now()
        self.listeners = Listeners(plan, self.folder)
        self.log = Log(self.folder.log, as_json(self.clock) if plan.log == "json" else plainly)
        self.boot = secrets.token_hex(16)
        self.secret = f"tower-{secrets.token_hex(8)}".encode()
        self.children: dict[int, Child] = {}
        self.record = Record(self.folder.segments, self.clock, self.boot, self.of, self._say)
        self.generation = Generation(self.folder.generation, self.of)
        self.boards = Boards(self.folder.run)
        self.traces = None if plan.traces is None else TracePipe()
        self.relay, self.credentials, self.witnessing = Relay(self), Credentials(self), Witnessing(self)
        self.shipments, self.svids, self.lines = Shipments(self, self.clock), Svids(self), Lines(self)
        self.stopping = False
        self._control_left: int | None = None
        self.changed = asyncio.Event()
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- lifecycle -----------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Start everything and return once requests are answered.

        Raises:
            ChildEnded: a process ended before it was ready.
            TimeoutError: one was not ready in time.
        """
        async with asyncio.timeout(_BOOT_SECONDS):
            await self._first("sealer")
            await self.record.begin()
            await asyncio.gather(
                *map(self._first, ("dialer", "sample", "control", *self._wanted(), "worker"))
            )
            self.spawn_task(self._keep("worker"))
            while not any(worker.serves for worker in self.of("worker")):
                self.changed.clear()
                await self.changed.wait()
        if self.plan.columns:  # a copy: nobody waits for it
            self.spawn_task(self._keep("archiver"))
        self.spawn_task(self._watch_clock())
        self.spawn_task(pulse.keep(self))

    def _wanted(self) -> list[str]:
        """Return the kinds of processes that only some configurations have."""
        wanted = {
            "exporter": self.traces is not None,
            "feeder": bool(self.plan.witnesses),
            "shipper": bool(self.plan.connectors),
            "workloads": bool(self.plan.workloads),
            "inspector": any(service.guard for service in self.plan.upstreams),
            "guard-judge": any(service.guard_judge for service in self.plan.upstreams),
        }
        return [kind for kind, is_wanted in wanted.items() if is_wanted]

    async def stop(self) -> None:
        """Finish what is open, seal the record, end every process."""
        self.stopping = True
        for worker in self.of("worker"):
            if worker.state == "serving":
                self.tell(worker, w.Drain(seconds=_DRAIN_SECONDS))
                worker.state = "draining"
            else:
                worker.kill()
        await self._gone(self.of("worker"), _DRAIN_SECONDS + 2)
        others = [
            child
            for child in self.children.values()
            if child.kind in _AFTER_WORKERS and child.state != "gone"
        ]
        for child in others:
            child.kill(signal.SIGTERM)
        await self._gone(others, 5)
        self.record.end()
        if self.record.unfinished and not self.of("sealer"):  # it is between two starts
            with contextlib.suppress(OSError):
                await self._set_up(self._spawn("sealer"))
        for sealer in self.of("sealer"):
            sealer.channel.close_writing()
        await self._gone(self.of("sealer"), 30)
        for task in self._tasks:
            task.cancel()
        for path in (self.folder.status, self.folder.control_socket, self.folder.owner_socket):
            with contextlib.suppress(OSError):
                path.unlink()
        self.listeners.leave()

    async def _gone(self, children: list[Child], seconds: float) -> None:
        if not children:
            return
        _, late = await asyncio.wait([child.exited for child in children], timeout=seconds)
        for child in children:
            if late:
                child.kill()
        await asyncio.wait([child.exited for child in children])

    # ---- children ------------------------------------------------------------------------------------------
    def of(self, kind: str, state: str = "") -> list[Child]:
        """Return the living children of a kind, in a state if one is named, oldest first."""
        return [
            c
            for c in self.children.values()
            if c.kind == kind and c.state != "gone" and state in ("", c.state)
        ]

    def tell(self, child: Child, message: Message, *fds: int) -> None:
        """Send a message; a child that does not read is ended, and replaced like any that dies."""
        try:
            child.channel.send(message, fds)
        except ChannelClosed:
            child.kill()

    def spawn_task(self, work: Any) -> None:  # noqa: ANN401  # a coroutine
        """Run a coroutine beside the rest until the platform stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _first(self, kind: str) -> None:
        """Start a child and keep it alive; return once it is ready.

        Raises:
            ChildEnded: it ended before; then it is not tried again.
        """
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.spawn_task(self._keep(kind, first))
        await first

    async def _keep(self, kind: str, first: asyncio.Future[None] | None = None) -> None:
        """Keep one child of this kind alive; where `first` is given, a failure of the first start is told to it."""
        backoff = _FIRST_BACKOFF
        while not self.stopping:
            began = self.clock.now()
            fault = await self._live(kind, first)
            if fault is not None and first is not None and not first.done():
                first.set_exception(fault)
                return
            if self.clock.now() - began > _STEADY:
                backoff = _FIRST_BACKOFF
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, _LAST_BACKOFF)

    async def _live(self, kind: str, first: asyncio.Future[None] | None) -> Exception | None:
        """Start a child and return when it has ended; the fault, where it never was ready."""
        try:
            child = self._spawn(kind)
        except OSError as none:
            self._say(f"no {kind} could be started: {none}")
            return none
        fault = await self._set_up(child)
        if fault is None:
            self._arrived(child)
            if first is not None and not first.done():
                first.set_result(None)
        self._left(child, await child.exited)
        return fault

    async def _set_up(self, child: Child) -> Exception | None:
        try:
            async with asyncio.timeout(_BOOT_SECONDS):
                await BOOT[child.kind](self, child)
                await child.ready
        except TimeoutError:
            child.kill()
            await child.exited
            self._say(f"{child.kind} {child.number} was not ready in {_BOOT_SECONDS:g} s")
            return TimeoutError()
        except (ChildEnded, ChannelClosed, MessageRefused, OSError) as fault:
            child.kill()
            status, words = await child.exited, self.log.last(f"{child.kind} {child.number}")
            known = isinstance(fault, ChildEnded | ChannelClosed) or words
            return ChildEnded(child.kind, status, words) if known else fault
        return None

    def _spawn(self, kind: str) -> Child:
        self._numbers += 1
        child = Child(kind, self._numbers, self.plan.launch, READS[kind], self.relay.read, self.log)
        self.children[child.number] = child
        return child

    def _arrived(self, child: Child) -> None:
        if child.state == "starting":
            child.state = "ready"
        if child.kind == "sealer":
            self.record.sealer_is(ready=True)
            self.relay.sealer_ready()
            self.svids.sealer_ready()
        if child.kind == "dialer":
            self.relay.dialer_ready()
        if child.kind == "control":
            self._control_is(up=True)
            self.relay.control_ready()
        self.lines.ready(child)
        self.elect()
        self.record.note(
            "platform.process.started",
            child.kind,
            Outcome.DONE,
            {"process": child.kind, "number": child.number},
        )
        self.note_change()

    def _left(self, child: Child, status: int) -> None:
        del self.children[child.number]
        if child.kind == "sealer":
            self.record.sealer_is(ready=False)
        self.record.writer_gone(child.number)
        self.boards.give_back(child.number)
        self.generation.reconsider()
        if child.kind == "control":
            self._control_is(up=False)
        self.relay.worker_gone(child)
        self.elect()
        if not self.stopping:
            self._say(f"{child.kind} {child.number} ended with {describe(status)}")
        self.log.last(f"{child.kind} {child.number}")
        outcome = Outcome.DONE if self.stopping else Outcome.FAILED
        ended = {"signal": -status} if status < 0 else {"status": status}
        detail: dict[str, int | str] = {"process": child.kind, "number": child.number, **ended}
        self.record.note("platform.process.died", child.kind, outcome, detail)
        self.note_change()

    def _say(self, line: str) -> None:
        self.log.write("supervisor", line)

    def elect(self) -> None:
        """Let a ready worker serve where none does; without any worker, refuse connections until one is there."""
        if self.stopping:
            return
        if not self.of("worker", "serving") and (ready := self.of("worker", "ready")):
            ready[0].state = "serving"
            self.listeners.accept()
            self.tell(ready[0], w.Serve())
        elif not self.of("worker") and not self._starting():
            self.listeners.refuse()

    def _starting(self) -> bool:
        return self.clock.now() - self.started < _BOOT_SECONDS * SECOND

    def _control_is(self, *, up: bool) -> None:
        """Tell every worker; that another start of control failed makes it no less long ago that it left."""
        if up:
            self._control_left = None
        elif self._control_left is None:
            self._control_left = self.clock.now()
        for worker in self.of("worker"):
            if worker.informed:  # the others are told when they get their first state
                self.tell_of_control(worker)

    def tell_of_control(self, worker: Child) -> None:
        """Tell a worker whether control is there, and else how long it has been away."""
        left = self._control_left
        away = 0 if left is None else self.clock.now() - left
        self.tell(worker, w.ControlPresence(up=left is None, away_ns=away))

    def note_change(self) -> None:
        """Write what `status` shows."""
        self.changed.set()
        try:
            write_status(self)
        except OSError as fault:  # a full disk: what is shown gets old, and nothing else happens
            self._say(f"the status is not written: {fault}")

    async def _watch_clock(self) -> None:
        """Report a step of the wall clock, and let every cached decision be taken again."""
        wall = SystemClock()
        while True:
            await asyncio.sleep(1)
            step = wall.step()
            if abs(step) > _STEP_LIMIT:
                direction = "forward" if step > 0 else "backward"
                self.record.note("platform.clock.stepped", "", Outcome.FOUND, {direction: abs(step)})
                wall = SystemClock()
                self.spawn_task(self.generation.bump())
