"""The streams between workers and the inspector: the supervisor lays one where both are there, and keeps no end of it."""

import socket
from typing import TYPE_CHECKING

from bartizan.app import inspector_messages as im
from bartizan.app import worker_messages as w

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor


class Lines:
    """Lays them."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self.engine = ""
        """What patterns are sieved by; empty without an inspector."""
        self.model = ""
        """Day of its model of injections; empty where it has none."""

    def lay(self, worker: "Child") -> None:
        """Lay a line from a worker that takes orders to the inspector, where that is ready."""
        for inspector in self._s.of("inspector", "ready"):
            self._between(worker, inspector)

    def inspector_ready(self, inspector: "Child") -> None:
        """Lay one to each worker that takes orders."""
        for worker in self._s.of("worker"):
            if worker.informed:  # the others get theirs with their first state
                self._between(worker, inspector)

    def _between(self, worker: "Child", inspector: "Child") -> None:
        try:
            one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as none:
            self._s.log.write("supervisor", f"no line to the inspector could be laid: {none}")
            return
        with one, other:
            self._s.tell(inspector, im.Line(worker=worker.number), other.fileno())
            self._s.tell(worker, w.InspectorLine(), one.fileno())
