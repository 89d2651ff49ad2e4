"""What each child is told first, and the descriptors that it gets with it.

Rules of this file: one function a kind. What is sent is copied; every descriptor that is made here is closed here.
"""

import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.app import inspector_messages as im
from bartizan.app import messages as m
from bartizan.app import shipping_messages as sm
from bartizan.app import worker_messages as w
from bartizan.app import workload_messages as wm
from bartizan.app.child import Child
from bartizan.app.federation_plan import Outside
from bartizan.app.feeding import feeding
from bartizan.app.guard_judge import messages as gm
from bartizan.app.guarding import guards, seeks_names
from bartizan.app.tracing import exporting, for_workers
from bartizan.isolation.memory import sealed

if TYPE_CHECKING:
    from bartizan.app.supervisor import Supervisor


async def _sealer(s: "Supervisor", child: Child) -> None:
    plan = s.plan
    child.channel.send(
        m.BootSealer(
            folder=plan.folder,
            names=list(plan.names),
            boot=s.boot,
            live=s.record.live(),
            keep_requests=plan.keep_requests,
            keep_others=plan.keep_others,
            columns=plan.columns,
            workloads=plan.workloads,
            workload_socket=s.listeners.asked_by_workloads,
            trust_domain=plan.trust_domain,
        )
    )


async def _dialer(s: "Supervisor", child: Child) -> None:
    with _passing(msgspec.json.encode(s.plan.dialled)) as upstreams:
        child.channel.send(m.BootDialer(folder=s.plan.folder), [upstreams])


async def _exporter(s: "Supervisor", child: Child) -> None:
    if s.traces is None:
        raise OSError("no traces are wanted")
    board = s.boards.take(child.number, last=True)
    try:
        with _passing(msgspec.json.encode(exporting(s.plan, s.boot))) as what:
            child.channel.send(m.BootExporter(confined=_confined(s)), [s.traces.reads, board, what])
    finally:
        os.close(board)


async def _archiver(s: "Supervisor", child: Child) -> None:
    child.channel.send(m.BootArchiver(ledger=str(s.folder.ledger), confined=_confined(s)))


async def _feeder(s: "Supervisor", child: Child) -> None:
    with _passing(msgspec.json.encode(feeding(s.plan))) as what:
        child.channel.send(sm.BootFeeder(confined=_confined(s)), [what])


async def _shipper(s: "Supervisor", child: Child) -> None:
    with _passing(msgspec.json.encode(s.plan.connectors)) as connectors:
        child.channel.send(sm.BootShipper(folder=s.plan.folder, confined=_confined(s)), [connectors])


async def _workloads(s: "Supervisor", child: Child) -> None:
    if s.listeners.workloads is None:
        raise OSError("no workloads are configured")
    uids = tuple({each.uid for each in s.plan.workloads})
    order = wm.BootWorkloads(uids=uids, trust_domain=s.plan.trust_domain, confined=_confined(s))
    child.channel.send(order, [s.listeners.workloads.fileno()])


async def _sample(s: "Supervisor", child: Child) -> None:
    with _passing(s.secret) as secret:
        child.channel.send(m.BootSample(model=s.plan.model, weights=s.plan.weights), [secret])


async def _control(s: "Supervisor", child: Child) -> None:
    message = m.BootControl(
        state=s.plan.folder,
        issuer=s.listeners.issuer,
        services=[service.name for service in s.plan.upstreams],
        boot=s.boot,
        segment=0,
        sample_sha256=hashlib.sha256(s.secret).hexdigest(),
        durable=s.plan.durability == "every",
        metrics=s.listeners.metrics is not None,
        workloads=tuple(each.name for each in s.plan.workloads),
        trust_domain=s.plan.trust_domain,
        launch=s.plan.launch,
        schedules=s.plan.schedules,
        alerts_per_day=s.plan.alerts_per_day,
        outside=bool(s.plan.issuers or s.plan.federated),
        admin=s.plan.admin.reach,
        admin_strength=s.plan.admin.strength,
        posture_hours=s.plan.posture_hours,
        healthy=s.plan.healthy,
        authorities=s.plan.authorities,
        asks=s.plan.asks,
        evidence=s.plan.evidence,
    )
    scraped = () if s.listeners.metrics is None else (s.listeners.metrics.fileno(),)
    listeners = (s.listeners.control.fileno(), s.listeners.owner.fileno(), *scraped)
    with (
        _passing(msgspec.json.encode(s.plan.policies)) as policies,
        _passing(msgspec.json.encode(Outside(s.plan.issuers, s.plan.federated))) as outside,
    ):
        more = (*((policies,) if s.plan.policies else ()), *((outside,) if message.outside else ()))
        await s.record.hand(
            child, lambda number: msgspec.structs.replace(message, segment=number), *listeners, *more
        )


async def _inspector(s: "Supervisor", child: Child) -> None:
    with _passing(msgspec.json.encode(guards(s.plan))) as what:
        child.channel.send(im.BootInspector(confined=_confined(s), names=seeks_names(s.plan)), [what])


async def _guard_judge(s: "Supervisor", child: Child) -> None:
    if s.plan.guard_judge is None:
        raise OSError("no judge is configured")
    board = s.boards.take(child.number, last=True)
    try:
        with _passing(msgspec.json.encode(s.plan.guard_judge)) as what:
            child.channel.send(gm.BootGuardJudge(confined=_confined(s)), [board, what])
    finally:
        os.close(board)


async def _worker(s: "Supervisor", child: Child) -> None:
    await s.generation.first()
    message = w.BootWorker(number=child.number, boot=s.boot, segment=0, issuer=s.listeners.issuer)
    with _passing(msgspec.json.encode(for_workers(s.plan))) as plan:
        board = s.boards.take(child.number)
        try:
            traced = () if s.traces is None else (s.traces.writes,)
            fds = (s.listeners.gateway.fileno(), s.generation.readable, board, plan, *traced)
            await s.record.hand(child, lambda number: msgspec.structs.replace(message, segment=number), *fds)
        finally:
            os.close(board)
    s.generation.send(child)
    s.tell_of_control(child)
    s.credentials.tell(child)
    s.lines.lay(child)


BOOT: Final[Mapping[str, Callable[["Supervisor", Child], Awaitable[None]]]] = {
    "sealer": _sealer,
    "dialer": _dialer,
    "sample": _sample,
    "exporter": _exporter,
    "archiver": _archiver,
    "feeder": _feeder,
    "shipper": _shipper,
    "workloads": _workloads,
    "inspector": _inspector,
    "guard-judge": _guard_judge,
    "control": _control,
    "worker": _worker,
}
"""Kind of child -> what tells it; raises ChannelClosed where it is gone, OSError where it can have no segment."""


def _confined(s: "Supervisor") -> bool:
    return s.plan.isolation == "required"


@contextmanager
def _passing(content: bytes) -> Iterator[int]:
    """Yield content as sealed memory, for as long as it takes to send it."""
    fd = sealed(content)
    try:
        yield fd
    finally:
        os.close(fd)
