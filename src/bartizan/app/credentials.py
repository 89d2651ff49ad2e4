"""What the gateway presents to services: read from references, and read again where a file changes.

Rules of this file: a credential goes into sealed memory and into the plan, never into a log, an error or an event. What
cannot be read or used any more changes nothing: the one that is known stays. A file that has just changed is
read at the second look that finds it the same, so that one that is being written is not taken by half.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from bartizan.app import worker_messages as w
from bartizan.app.plan import Plan, Service
from bartizan.config import SecretMissing, environment, resolve
from bartizan.crypto.secret import Secret
from bartizan.isolation.memory import sealed
from bartizan.ledger.event import Outcome

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor

Names = tuple[str, str]
"""A service and its target."""
_BEARERS: Final = frozenset({"openai", "http", "mcp"})
"""Protocols that present a credential as a bearer token."""
_Look = tuple[int, ...]
_NONE: Final[_Look] = ()


def credential(reference: str, protocol: str, folder: Path) -> str:
    """Return the value of the field that a protocol has for a service's credential. A secret.

    Args:
        reference: where it is.
        protocol: of the service.
        folder: that a path starts from.
    Raises:
        SecretMissing: nothing there, or something that is not safe to use.
    """
    secret = resolve(reference, environment(), folder, Secret).reveal().decode("ascii")
    return f"Bearer {secret}" if protocol in _BEARERS else secret


class Watched(msgspec.Struct):
    """A file with a credential.

    Attributes:
        path, protocol: where it is, and of which service.
        known: what it held when it was last good. A secret.
        seen, read: how the file looked at the last look, and when it was last read.
        ill: whether it has been said that it cannot be used.
    """

    path: str
    protocol: str
    known: str
    seen: _Look = _NONE
    read: _Look = _NONE
    ill: bool = False

    @override
    def __repr__(self) -> str:
        """Return the path alone."""
        return f"Watched({self.path!r})"

    def renewed(self) -> str:
        """Return a new credential where there is one that has settled, else nothing.

        Raises:
            SecretMissing: it cannot be used as it is now.
        """
        look = _look(self.path)
        settled, self.seen = look == self.seen, look
        if look == self.read or not settled:
            return ""
        self.read = look
        found = credential(f"file:{self.path}", self.protocol, Path("/"))
        self.ill = False
        if found == self.known:
            return ""
        self.known = found
        return found


def _look(path: str) -> _Look:
    try:
        found = os.stat(path)  # noqa: PTH116 - one call, no object
    except (OSError, ValueError):
        return (0,)
    return (found.st_ino, found.st_dev, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


class Credentials:
    """Every file of a plan that holds a credential."""

    __slots__ = ("_changed", "_s", "_watched")

    def __init__(self, supervisor: "Supervisor") -> None:
        """Watch for this supervisor."""
        self._s = supervisor
        self._changed: set[Names] = set()
        self._watched = {
            (service.name, target.name): Watched(target.file, service.protocol, target.credential)
            for service in supervisor.plan.services
            for target in service.targets
            if target.file
        }

    def look(self) -> None:
        """Read what has changed, and hand it to every worker."""
        for names, watched in self._watched.items():
            try:
                found = watched.renewed()
            except SecretMissing as fault:
                if not watched.ill:
                    watched.ill = True
                    self._say(names, f"keeps its credential: {fault}")
                continue
            if found:
                self._renew(names, found)

    def tell(self, worker: "Child") -> None:
        """Hand a worker what has changed since the platform was started: its plan may be the one before."""
        for names in self._changed:
            self._hand(worker, names)

    def _renew(self, names: Names, found: str) -> None:
        self._s.plan = renewed(self._s.plan, names, found)
        self._changed.add(names)
        for worker in self._s.of("worker"):
            if worker.informed:  # the others are told when they get their first state
                self._hand(worker, names)
        service, target = names
        self._s.record.note(
            "gateway.credential.rotated", service, Outcome.DONE, {"service": service, "target": target}
        )
        self._say(names, "has a new credential")

    def _hand(self, worker: "Child", names: Names) -> None:
        fd = sealed(self._watched[names].known.encode("ascii"))
        try:
            self._s.tell(worker, w.Credential(service=names[0], target=names[1]), fd)
        finally:
            os.close(fd)

    def _say(self, names: Names, what: str) -> None:
        self._s.log.write("supervisor", f"{names[0]}, target {names[1]}, {what}")


def renewed(plan: Plan, names: Names, found: str) -> Plan:
    """Return a plan with another credential of one target."""
    services = (_renewed(one, names[1], found) if one.name == names[0] else one for one in plan.services)
    return msgspec.structs.replace(plan, services=tuple(services))


def _renewed(service: Service, target: str, found: str) -> Service:
    targets = (
        msgspec.structs.replace(one, credential=found) if one.name == target else one
        for one in service.targets
    )
    return msgspec.structs.replace(service, targets=tuple(targets))
