"""The supervisor: binds, starts the other processes, passes descriptors, and replaces what dies.

Rules of this file: it holds no key but a segment's first one in passing, imports no cryptography, and trusts
no worker. Two gateway workers are always kept, both confined; one serves, the other takes over at once.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed, Message
from bartizan.app.child import Child, ChildEnded, Log, describe, listen, listen_unix
from bartizan.app.folder import Folder, PlatformRunning
from bartizan.app.generation import Generation
from bartizan.app.plan import Plan
from bartizan.app.relay import Relay
from bartizan.app.segments import Record
from bartizan.app.status import write_status
from bartizan.clock import SECOND, SystemClock
from bartizan.isolation.memory import read_sealed, sealed
from bartizan.ledger.event import Outcome

LAUNCH: tuple[str, ...] = (sys.executable, "-I", "-m")
"""How a child is started; the module's name and its arguments follow."""
READS: dict[str, Any] = {
    "worker": m.WorkerReports,
    "dialer": m.DialerReports,
    "sealer": m.SealerReports,
    "control": m.ControlReports,
    "sample": m.SampleReports,
}
_BOOT_SECONDS, _DRAIN_SECONDS = 30.0, 10.0
_FIRST_BACKOFF, _LAST_BACKOFF, _STEADY_SECONDS = 0.1, 10.0, 30.0
_STEP_LIMIT = 5 * SECOND


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
        self.listener = listen(plan.host, plan.port)
        self.accepting = True
        self.control_listener = listen_unix(self.folder.control_socket)
        self.owner_listener = listen_unix(self.folder.owner_socket)
        self.log = Log(self.folder.log)
        self.boot = secrets.token_hex(16)
        self.secret = f"tower-{secrets.token_hex(8)}".encode()
        self.children: dict[int, Child] = {}
        self.record = Record(self.folder.segments, self.clock, self.boot, self.of)
        self.generation = Generation(self.folder.generation, self.of)
        self.relay = Relay(self)
        self.stopping = False
        self.changed = asyncio.Event()
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._firsts: list[asyncio.Future[None]] = []

    # ---- lifecycle -----------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Start everything and return once requests are answered.

        Raises:
            ChildEnded: a process ended before it was ready.
            TimeoutError: one was not ready in time.
        """
        async with asyncio.timeout(_BOOT_SECONDS):
            await self._first("sealer", self._boot_sealer)
            await self.record.begin()
            kinds: tuple[tuple[str, Callable[[Child], Awaitable[None]]], ...] = (
                ("dialer", self._boot_dialer),
                ("sample", self._boot_sample),
                ("control", self._boot_control),
                ("worker", self._boot_worker),
            )
            await asyncio.gather(*(self._first(kind, boot) for kind, boot in kinds))
            self.spawn_task(
                self._keep("worker", self._boot_worker, asyncio.get_running_loop().create_future())
            )
            while not any(worker.serves for worker in self.of("worker")):
                self.changed.clear()
                await self.changed.wait()
        self.spawn_task(self._watch_clock())

    async def stop(self) -> None:
        """Finish what is open, seal the record, end every process."""
        self.stopping = True
        for worker in self.of("worker"):
            self.tell(worker, m.Drain(seconds=_DRAIN_SECONDS if worker.state == "serving" else 0.0))
            worker.state = "draining"
        await self._gone(self.of("worker"), _DRAIN_SECONDS + 2)
        for child in (*self.of("control"), *self.of("dialer"), *self.of("sample")):
            child.kill(signal.SIGTERM)
        await self._gone([*self.of("control"), *self.of("dialer"), *self.of("sample")], 5)
        self.record.end()
        for sealer in self.of("sealer"):
            sealer.channel.close_writing()
        await self._gone(self.of("sealer"), 30)
        for task in self._tasks:
            task.cancel()
        for path in (self.folder.status, self.folder.control_socket, self.folder.owner_socket):
            path.unlink(missing_ok=True)

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

    async def _first(self, kind: str, boot: Callable[[Child], Awaitable[None]]) -> None:
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.spawn_task(self._keep(kind, boot, first))
        await first

    async def _keep(
        self, kind: str, boot: Callable[[Child], Awaitable[None]], first: asyncio.Future[None]
    ) -> None:
        """Keep one child of this kind alive; a failure of the very first start ends the whole start."""
        backoff = _FIRST_BACKOFF
        while not self.stopping:
            began = self.clock.now()
            child = self._spawn(kind)
            try:
                await boot(child)
                async with asyncio.timeout(_BOOT_SECONDS):
                    await child.ready
            except (ChildEnded, ChannelClosed, TimeoutError, OSError) as fault:
                child.kill()
                ended = ChildEnded(kind, await child.exited, self.log.last(f"{kind} {child.number}"))
                if not first.done():
                    first.set_exception(fault if isinstance(fault, TimeoutError) else ended)
                    return
            else:
                self._arrived(child)
                if not first.done():
                    first.set_result(None)
            self._left(child, await child.exited)
            lived = (self.clock.now() - began) / SECOND
            backoff = _FIRST_BACKOFF if lived > _STEADY_SECONDS else min(2 * backoff, _LAST_BACKOFF)
            await asyncio.sleep(backoff)

    def _spawn(self, kind: str) -> Child:
        self._numbers += 1
        child = Child(kind, self._numbers, self.plan.launch, READS[kind], self.log)
        self.children[child.number] = child
        asyncio.get_running_loop().add_reader(child.channel.fileno(), self.relay.read, child)
        return child

    def _arrived(self, child: Child) -> None:
        if child.state == "starting":
            child.state = "ready"
        if child.kind == "sealer":
            self.record.resume()
        if child.kind == "control":
            self._control_is(up=True)
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
        self.record.writer_gone(child.number)
        self.generation.reconsider()
        if child.kind == "control":
            self._control_is(up=False)
        if child.kind == "dialer":
            self.relay.dialer_gone()
        self.elect()
        if not self.stopping:
            self.log.write("supervisor", f"{child.kind} {child.number} ended with {describe(status)}")
        outcome = Outcome.DONE if self.stopping else Outcome.FAILED
        ended = {"signal": -status} if status < 0 else {"status": status}
        detail: dict[str, int | str] = {"process": child.kind, "number": child.number, **ended}
        self.record.note("platform.process.died", child.kind, outcome, detail)
        self.note_change()

    def elect(self) -> None:
        """Let a ready worker serve where none does; without any worker, refuse connections until one is there."""
        if self.stopping:
            return
        if not self.of("worker", "serving") and (ready := self.of("worker", "ready")):
            ready[0].state = "serving"
            if not self.accepting:
                self.listener.listen(2048)
                self.accepting = True
            self.tell(ready[0], m.Serve())
        elif not self.of("worker") and self.accepting and not self._tasks_starting():
            # ends listening in every process that holds the socket; listen() takes it up again
            with contextlib.suppress(OSError):
                self.listener.shutdown(0)
            self.accepting = False

    def _tasks_starting(self) -> bool:
        return self.clock.now() - self.started < _BOOT_SECONDS * SECOND

    def _control_is(self, *, up: bool) -> None:
        for worker in self.of("worker"):
            if worker.informed:  # one that has not had its boot message yet starts with control's state
                self.tell(worker, m.ControlPresence(up=up))

    def note_change(self) -> None:
        """Write what `status` shows."""
        self.changed.set()
        write_status(self)

    async def _watch_clock(self) -> None:
        """Report a step of the wall clock, and let every cached decision be taken again."""
        while True:
            await asyncio.sleep(1)
            step = self.clock.step()
            if abs(step) > _STEP_LIMIT:
                direction = "forward" if step > 0 else "backward"
                self.record.note("platform.clock.stepped", "", Outcome.FOUND, {direction: abs(step)})
                self.clock = SystemClock()
                self.spawn_task(self.generation.bump())

    # ---- boot messages -------------------------------------------------------------------------------------
    async def _boot_sealer(self, child: Child) -> None:
        self.tell(
            child,
            m.BootSealer(
                folder=self.plan.folder, names=list(self.plan.names), boot=self.boot, live=self.record.live()
            ),
        )

    async def _boot_dialer(self, child: Child) -> None:
        self._with_secret(
            child, m.BootDialer(folder=self.plan.folder), msgspec.json.encode(self.plan.upstreams)
        )

    async def _boot_sample(self, child: Child) -> None:
        self._with_secret(child, m.BootSample(model=self.plan.model, weights=self.plan.weights), self.secret)

    async def _boot_control(self, child: Child) -> None:
        message = m.BootControl(
            state=self.plan.folder,
            issuer=self.issuer,
            services=[service.name for service in self.plan.upstreams],
            boot=self.boot,
            segment=0,
            sample_sha256=hashlib.sha256(self.secret).hexdigest(),
        )
        listeners = [self.control_listener.fileno(), self.owner_listener.fileno()]
        if self.plan.policies:
            listeners.append(sealed(msgspec.json.encode(self.plan.policies)))
        await self.record.hand(
            child, "control", lambda number: msgspec.structs.replace(message, segment=number), *listeners
        )

    async def _boot_worker(self, child: Child) -> None:
        await self.generation.first()
        settings = sealed(msgspec.json.encode(self.plan))
        message = m.BootWorker(number=child.number, boot=self.boot, segment=0, issuer=self.issuer)
        fds = (self.listener.fileno(), self.generation.readable, settings)
        await self.record.hand(
            child, "worker", lambda number: msgspec.structs.replace(message, segment=number), *fds
        )
        self.generation.send(child)

    def _with_secret(self, child: Child, message: Message, content: bytes) -> None:
        fd = sealed(content)
        self.tell(child, message, fd)
        os.close(fd)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where the gateway listens."""
        name = self.listener.getsockname()
        return str(name[0]), int(name[1])

    @property
    def listens(self) -> str:
        """The same in one word, an IPv6 address in brackets."""
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def issuer(self) -> str:
        """Where clients reach the gateway, which is also who issues its tokens."""
        host, port = self.address
        shown = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
        return f"{'https' if self.plan.tls else 'http'}://{shown}:{port}"


class BootSupervisor(Message, frozen=True):
    """Start. Descriptor: the plan (sealed memory)."""


class Started(Message, frozen=True):
    """The platform answers requests at this address."""

    url: str
    listen: str


class NotStarted(Message, frozen=True):
    """The platform could not be started."""

    fault: str


async def _run(plan: Plan, starter: Channel) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(plan)
    try:
        await supervisor.start()
    except (ChildEnded, ChannelClosed, TimeoutError, OSError) as fault:
        await supervisor.stop()
        starter.send(NotStarted(fault=str(fault) or "it took too long"))
        return
    starter.send(Started(url=supervisor.issuer, listen=supervisor.listens))
    if not plan.detached:
        starter.sock.setblocking(False)
        loop.add_reader(starter.fileno(), stop.set)  # the starter says nothing more: this is its end
    await stop.wait()
    await supervisor.stop()


def main(argv: list[str]) -> None:
    """Run a platform until it is told to stop; `argv` holds the descriptor of the starter's channel."""
    starter = Channel(socket.socket(fileno=int(argv[0])), BootSupervisor)
    _, fds = starter.receive()
    plan = msgspec.json.decode(read_sealed(fds[0]), type=Plan)
    folder = Folder(Path(plan.folder))
    try:
        folder.make()
        with folder.locked():
            asyncio.run(_run(plan, starter))
    except (OSError, PlatformRunning) as fault:
        starter.send(NotStarted(fault=str(fault)))


if __name__ == "__main__":
    main(sys.argv[1:])
