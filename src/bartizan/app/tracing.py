"""How traces get from workers to the exporter: one pipe, which workers write to and the exporter reads.

Rules of this file: a pipe goes one way, and takes a line as a whole or not at all, so that a worker never waits, gets
nothing back, and cannot spoil another's lines. The supervisor holds both ends: neither side's death is an end for the
other, and what is in the pipe waits for the next exporter. Workers do not get to know what the collector is shown.
"""

import contextlib
import fcntl
import os
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan import __version__
from bartizan.app.plan import CONTROL, SAMPLE, Plan, Service, Traces
from bartizan.gateway import ports
from bartizan.traces.otlp import Place, Teller

_F_SETPIPE_SZ: Final = 1031
_ROOM: Final = 1 << 20
"""Octets that the pipe holds where the kernel lets it: some 3,000 passages; else 64 KiB."""
_ANY_MODEL: Final = "*"


class TracePipe:
    """The pipe; `reads` and `writes` are its ends."""

    def __init__(self) -> None:
        """Open it."""
        self.reads, self.writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # more than this user may have in pipes
            fcntl.fcntl(self.writes, _F_SETPIPE_SZ, _ROOM)


class Exporting(msgspec.Struct, frozen=True):
    """What the exporter does: what it tells, and whereto."""

    teller: Teller
    traces: Traces
    places: tuple[tuple[str, str, Place], ...]


def exporting(plan: Plan, boot: str) -> Exporting:
    """Return what the exporter of a plan does.

    Args:
        plan: with traces.
        boot: id of this start, 32 hexadecimal digits.
    """
    if plan.traces is None:
        raise ValueError("this plan has no traces")
    places = tuple(
        (service.name, target.name, _place(service, target.host, target.port))
        for service in plan.upstreams
        for target in service.targets
    )
    return Exporting(Teller(__version__, boot, plan.tls, {}), plan.traces, places)


def _place(service: Service, host: str, port: int) -> Place:
    return Place(service.protocol, host, port) if service.name not in (SAMPLE, CONTROL) else Place("openai")


def teller_of(what: Exporting) -> Teller:
    """Return what tells passages, with every place by its names."""
    places = {(service, target): place for service, target, place in what.places}
    return msgspec.structs.replace(what.teller, places=places)


def for_workers(plan: Plan) -> Plan:
    """Return a plan without what the collector and other receivers are shown, and by what they are known."""
    plan = msgspec.structs.replace(plan, connectors=(), issuers=(), federated=())
    if plan.guard_judge is not None:
        judge = msgspec.structs.replace(plan.guard_judge, credential="", authorities="")
        plan = msgspec.structs.replace(plan, guard_judge=judge)
    if plan.traces is None:
        return plan
    return msgspec.structs.replace(
        plan, traces=msgspec.structs.replace(plan.traces, credential="", authorities="")
    )


def tracing(plan: Plan, pipe: Sequence[int]) -> ports.Tracing | None:
    """Return how the worker of a plan traces; `pipe` holds the end to write to, where there is one."""
    if plan.traces is None or not pipe:
        return None
    (writes,) = pipe

    def write(lines: bytes) -> bool:
        try:
            return os.write(writes, lines) == len(lines)
        except OSError:  # full; or nobody is there to read, ever
            return False

    aliases = {alias for service in plan.upstreams for target in service.targets for alias in target.models}
    priced = {price.model for price in plan.prices} - {_ANY_MODEL}
    own = {"sample"}
    return ports.Tracing(plan.traces.share, write, frozenset(aliases | priced | own))
