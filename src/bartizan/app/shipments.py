"""How far each connector has come, as the supervisor sees it, and what of that is a finding.

Rules of this file: judged by the supervisor's own clock and by how far the tree has come, so that a shipper that hangs
or dies is as late as a receiver that does not answer. A shipper reads what strangers say, so it may fall: of what it has
put on record there is so much in a time and no more, and what it says costs no file each time. It opens none by itself:
the files of its connectors are opened for it here, by the paths that the plan has.
"""

import asyncio
import errno
from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.app import shipping_messages as sm
from bartizan.app.channel import close
from bartizan.app.shipping.opening import descriptors
from bartizan.app.status import Shipping
from bartizan.clock import SECOND, Clock, Nanoseconds
from bartizan.ledger.event import Outcome
from bartizan.store.gauge import Rate
from bartizan.store.limits import gcra

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor

_OUTCOMES: Final = {"skipped": Outcome.FAILED, "restarted": Outcome.DONE}
_DEPARTURES: Final = Rate(Nanoseconds(10 * SECOND), 30)
"""What one connector may have put on record: thirty at once, and six a minute. The next waits, and its entries with it."""
_SILENT: Final = "silent"
"""Word for a connector that says nothing of why it is late."""


class Shipment(msgspec.Struct):
    """One connector.

    Attributes:
        patience: nanoseconds for which nothing may be delivered while something waits.
        since: when it last came further, or had nothing to deliver.
        next: entry that it delivers next.
        oldest: instant of the entry that waits longest; 0 where none is known to.
        delivered: entries taken by its receiver in this life of the shipper.
        word: why its last delivery failed.
        stalled: whether it is on record as late.
        departs: when it may have something put on record again.
    """

    patience: Nanoseconds
    since: Nanoseconds
    next: int = 0
    oldest: int = 0
    delivered: int = 0
    word: str = ""
    stalled: bool = False
    departs: Nanoseconds = Nanoseconds(0)

    def heard(self, said: sm.Shipped, now: Nanoseconds) -> None:
        """Take what the shipper says of it."""
        if said.next != self.next:
            self.since = now
        self.next, self.oldest, self.delivered, self.word = said.next, said.oldest, said.delivered, said.word

    def late(self, entries: int, now: Nanoseconds) -> bool:
        """Return whether it has delivered nothing for too long, of so many entries that there are."""
        if self.next >= entries:
            self.since = now
        return now - self.since > self.patience


class Shipments:
    """Every connector of a plan.

    Args:
        supervisor: whose they are.
        clock: tells how long nothing came.
    """

    def __init__(self, supervisor: "Supervisor", clock: Clock) -> None:
        """Know nothing of them yet."""
        self._s, self._clock, now = supervisor, clock, clock.now()
        self._news, self._opening = False, set[str]()
        self.known = {
            one.name: Shipment(Nanoseconds(one.stalled_seconds * SECOND), now)
            for one in supervisor.plan.connectors
        }

    def heard(self, message: sm.Shipped) -> bool:
        """Take how far one has come; return False where there is none of that name."""
        if message.connector not in self.known:
            return False
        self.known[message.connector].heard(message, self._clock.now())
        self._news = True
        return True

    def departed(self, shipper: "Child", message: sm.Departed) -> bool:
        """Put on record that one has left entries out, or begins anew, and say so; return as `heard`.

        One that has much of the kind gets no answer for a while: it then waits, and tries again.
        """
        one = self.known.get(message.connector)
        if one is None:
            return False
        allowed, one.departs, _ = gcra(one.departs, self._clock.now(), _DEPARTURES)
        if not allowed:
            return True
        detail: dict[str, int | str] = {"entry": message.entry, "reason": message.reason}
        if message.what == "skipped":
            detail["count"] = message.count
        kind = f"platform.connector.{message.what}"
        self._s.record.note(kind, message.connector, _OUTCOMES[message.what], detail)
        self._say(message.connector, f"{message.what} at entry {message.entry}: {message.reason}")
        self._s.tell(shipper, sm.Noted(connector=message.connector, entry=message.entry))
        return True

    def open(self, shipper: "Child", name: str) -> bool:
        """Open the file that a connector appends to, for a shipper that cannot; return False where it has none."""
        path = next((one.file for one in self._s.plan.connectors if one.name == name and one.file), "")
        if not path:
            return False
        if name not in self._opening:
            self._opening.add(name)
            self._s.spawn_task(self._open(shipper, name, path))
        return True

    async def _open(self, shipper: "Child", name: str, path: str) -> None:
        """Open it on a thread: a file system that does not answer keeps nobody else waiting."""
        try:
            fds = await asyncio.to_thread(descriptors, path)
        except OSError as fault:
            self._s.tell(shipper, sm.FileOpened(connector=name, errno=fault.errno or errno.EIO))
        else:
            try:
                self._s.tell(shipper, sm.FileOpened(connector=name), *fds)
            finally:
                close(fds)
        finally:
            self._opening.discard(name)

    def look(self) -> None:
        """Put on record which connectors have become late, and which are no longer; called every other second."""
        entries, now = self._entries(), self._clock.now()
        for name, one in self.known.items():
            late, waited = one.late(entries, now), (now - one.since) // SECOND
            if late and not one.stalled:
                one.stalled = True
                word = one.word or _SILENT
                waiting = max(0, entries - one.next)
                detail: dict[str, int | str] = {"reason": word, "waiting": waiting, "seconds": waited}
                self._s.record.note("platform.connector.stalled", name, Outcome.FOUND, detail)
                self._say(name, f"has delivered nothing for {waited} s, {waiting} entries wait: {word}")
            elif one.stalled and not late:
                one.stalled = False
                detail = {"waiting": max(0, entries - one.next)}
                self._s.record.note("platform.connector.resumed", name, Outcome.CLEARED, detail)
                self._say(name, "delivers again")
        if self._news or any(one.next < entries for one in self.known.values()):
            self._news = False
            self._s.note_change()  # what waits gets older

    def told(self) -> list[Shipping]:
        """Return how each stands, for `status`."""
        entries, now = self._entries(), self._clock.now()
        return [
            Shipping(
                name=name,
                waiting=max(0, entries - one.next),
                age=max(0, (now - one.oldest) // SECOND) if one.oldest and one.next < entries else 0,
                delivered=one.delivered,
                word=one.word,
                stalled=one.stalled,
            )
            for name, one in self.known.items()
        ]

    def _entries(self) -> int:
        return max((int(child.facts.get("entries", 0)) for child in self._s.of("sealer")), default=0)

    def _say(self, name: str, what: str) -> None:
        self._s.log.write("supervisor", f"connector {name} {what}")
