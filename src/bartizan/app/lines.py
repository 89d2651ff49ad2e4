"""The streams between workers and those whom they ask, the inspector and the guard's judge.

Rules of this file: the supervisor lays one where both are there, and keeps no end of it.
"""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from bartizan.app import inspector_messages as im
from bartizan.app import worker_messages as w

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor

_ASKED: Final[Mapping[str, type[w.InspectorLine | w.GuardJudgeLine]]] = {
    "inspector": w.InspectorLine,
    "guard-judge": w.GuardJudgeLine,
}
"""Kind of whom workers ask -> what tells them of a line to it."""


class Lines:
    """Lays them."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self.engine = ""
        """What patterns are sieved by; empty without an inspector."""
        self.model = ""
        """Day of its model of injections; empty where it has none."""
        self.encoder = ""
        """Day of its encoder; empty where it is not installed, `broken` where it cannot be used."""

    def lay(self, worker: "Child") -> None:
        """Lay lines from a worker that takes orders to whom it asks, where they are ready."""
        for kind in _ASKED:
            for asked in self._s.of(kind, "ready"):
                self._between(worker, asked)

    def ready(self, asked: "Child") -> None:
        """Lay one to each worker that takes orders, where a process is one of those that they ask."""
        for worker in self._s.of("worker") if asked.kind in _ASKED else ():
            if worker.informed:  # the others get theirs with their first state
                self._between(worker, asked)

    def _between(self, worker: "Child", asked: "Child") -> None:
        try:
            one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as none:
            self._s.log.write("supervisor", f"no line to the {asked.kind} could be laid: {none}")
            return
        with one, other:
            self._s.tell(asked, im.Line(worker=worker.number), other.fileno())
            self._s.tell(worker, _ASKED[asked.kind](), one.fileno())
