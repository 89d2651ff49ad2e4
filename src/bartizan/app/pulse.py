"""Who still takes orders: a child that hangs is as dead as one that ended, and is replaced like it.

Rules of this file: asked and answered over the channel, from the loop that does the work. Counted in questions,
not in seconds, so that a machine or a supervisor that was stopped for a while blames nobody for it.
"""

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Final

from bartizan.app import messages as m

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor

EVERY_SECONDS = 2.0
"""How often each child is asked."""
PATIENCE: Final = {
    "worker": 5,
    "control": 5,
    "dialer": 5,
    "exporter": 5,
    "feeder": 5,
    "shipper": 5,
    "workloads": 5,
    "inspector": 15,
    "guard-judge": 5,
    "sealer": 30,
    "archiver": 30,
}
"""Questions that may stay unanswered, by kind; the sealer answers between two groups, the archiver
between two files. The sample is not asked:
what it does to its clients, any upstream may do. A worker that was told to serve has answered once it serves."""


async def keep(supervisor: "Supervisor") -> None:
    """Ask every child from time to time, and end who does not answer, until the platform stops."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        for child in tuple(supervisor.children.values()):
            if child.kind in PATIENCE and child.ready.done() and child.state != "gone":
                _ask(supervisor, child)
        await supervisor.record.renew()
        supervisor.credentials.look()
        supervisor.witnessing.look()
        supervisor.shipments.look()
        supervisor.svids.look()
        say_so(supervisor)


def say_so(supervisor: "Supervisor") -> None:
    """Date the status anew: what it says still holds, and whoever reads an old one knows that nobody kept it."""
    with contextlib.suppress(OSError):  # a full disk: `status` then says that it is old
        os.utime(supervisor.folder.status)


def _ask(supervisor: "Supervisor", child: "Child") -> None:
    if child.unanswered < PATIENCE[child.kind]:
        child.unanswered += 1
        supervisor.tell(child, m.Ask())
    else:
        supervisor.log.write("supervisor", f"{child.kind} {child.number} is ended: it does not answer")
        child.kill()
