"""What the control process stands on: whom every installation has, what it needs from its process, what may go wrong."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from bartizan.access.describe import Exposed
from bartizan.access.issue.mint import Signer
from bartizan.access.links import External
from bartizan.access.names import Names, unshared
from bartizan.access.versions import Version
from bartizan.app.entry import Entry
from bartizan.clock import Clock, Nanoseconds
from bartizan.identity.device import Fleet
from bartizan.identity.principal import Principal
from bartizan.identity.state import State
from bartizan.ledger.journal import JournalUnwritable

DRILL_KINDS: Final = frozenset(
    {"drill.run.started", "drill.attack.tried", "drill.run.finished", "compliance.ledger.verified"}
    | {"threats.finding.imported", "threats.service.evaluated", "access.login.flagged"}
    | {"supply.artifact.scanned", "supply.artifact.disarmed"}
    | {"supply.step.used", "supply.step.made", "supply.step.recorded", "supply.artifact.tainted"}
    | {
        "supply.artifact.revoked",
        "supply.artifact.reinstated",
        "supply.artifact.retired",
        "supply.bom.written",
    }
    | {"supply.artifact.signed", "supply.artifact.verified", "data.integrity.verified"}
)
"""Events that the owner's commands may report; everything else is recorded by whoever did it."""


class NotInForce(RuntimeError):
    """A change that is stored, but that not every worker has confirmed."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("the change is stored, but not confirmed by every worker; look at `bartizan status`")


NOT_DONE: Final = (NotInForce, JournalUnwritable, OperationalError)
"""What keeps something from being done now, and is tried again: it is on the platform's log already."""


class NotReported(ValueError):
    """An event that the owner's commands may not report."""

    def __init__(self) -> None:
        """Say which may be."""
        super().__init__(f"only {', '.join(sorted(DRILL_KINDS))} may be reported")


class Ports(msgspec.Struct, frozen=True):
    """What this work needs from its process.

    Attributes:
        store: opened, with the room's tables.
        signer: of the embedded issuer.
        clock: tells the time.
        record: writes entries to the journal, in order; returns the first's and the last's sequence. Raises
            JournalUnwritable.
        publish: puts a state in force; returns its generation once every worker decides on it. Raises
            NotInForce.
        services: what policy is to know.
        policies: the configured policies by name of their file, as they were at this start; empty for the built-in ones.
        boot: that start of the platform.
        tell_policy: says which version of the policies is in force.
        room: makes room on a full disk; returns whether there was any to be made.
        fleet: open transaction -> the devices that are known.
        external: (open transaction, now) -> what external issuers add to the state.
        names: of those who were erased.
        forget: has whatever else this process keeps of somebody deleted.
        evidence: the public key that evidence is sealed to; empty where none is kept.
    """

    store: Engine
    signer: Signer
    clock: Clock
    record: Callable[[Sequence[Entry]], tuple[int, int]]
    publish: Callable[[State], Awaitable[int]]
    services: tuple[Exposed, ...]
    policies: Mapping[str, str] = {}
    boot: str = "0"
    tell_policy: Callable[[Version], None] = lambda _version: None
    room: Callable[[], bool] = lambda: False
    fleet: Callable[[Connection], Fleet] = lambda _: Fleet()
    external: Callable[[Connection, Nanoseconds], External] = lambda _, __: External()
    forget: Callable[[Principal], None] = lambda _principal: None
    evidence: Callable[[], bytes] = bytes
    names: Names = msgspec.field(default_factory=unshared)
