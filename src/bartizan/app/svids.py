"""What the supervisor does for workloads that ask for certificates: their connection goes to the sealer, who attests it.

Rules of this file: the process that workloads talk to reads what strangers send, so it may fall. It decides nothing: whose
connection it is the sealer asks the kernel. So much is under way at once and no more; what is refused is counted, and
on record as a count.
"""

from collections import Counter
from typing import TYPE_CHECKING, Final

from bartizan.app import messages as m
from bartizan.app import workload_messages as wm
from bartizan.app.channel import ChannelClosed
from bartizan.ledger.event import Outcome

if TYPE_CHECKING:
    from bartizan.app.child import Child
    from bartizan.app.supervisor import Supervisor

MOST: Final = 16
"""Connections that are attested, or wait for it, at once."""
SECONDS: Final = 3600
"""Life of a certificate."""
UNRECORDED: Final = "record-unwritable"
"""Word for a certificate that is signed and not given, because it is not on record."""


class Svids:
    """Hands on what workloads want, and records what they got."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Owe nobody anything."""
        self._s = supervisor
        self._tickets: dict[int, tuple[Child, int]] = {}
        self._next = 0
        self._refused: Counter[str] = Counter()

    def wanted(self, child: "Child", message: wm.SvidWanted, fds: list[int]) -> bool:
        """Pass an order on; return whether the child may ask for that."""
        if len(fds) != 1 or len(self._tickets) >= MOST:
            return False
        self._next += 1
        order = m.SignSvid(ticket=self._next, accepted=message.accepted, request=message.request)
        self._tickets[self._next] = (child, message.ticket)
        for sealer in self._s.of("sealer", "ready"):
            try:
                sealer.channel.send(order, fds)
            except ChannelClosed:
                break
            return True
        self.signed(m.SvidSigned(ticket=self._next, fault="sealer-unavailable"))
        return True

    def signed(self, message: m.SvidSigned) -> None:
        """Pass an answer back, on record before it is given."""
        child, ticket = self._tickets.pop(message.ticket, (None, 0))
        if child is None:
            return
        answer = m.SvidSigned(ticket, message.svids, message.authority, message.fault)
        if not all(self._recorded(each.workload) for each in message.svids if each.certificate):
            answer = m.SvidSigned(ticket, fault=UNRECORDED)
        if answer.fault:
            self._refused[answer.fault] += 1
        if child.state != "gone":
            self._s.tell(child, answer)

    def _recorded(self, workload: str) -> bool:
        detail: dict[str, int | str] = {"workload": workload, "seconds": SECONDS}
        return self._s.record.note("access.svid.issued", workload, Outcome.DONE, detail)

    def sealer_ready(self) -> None:
        """Tell those who waited for a sealer that is gone to ask again."""
        for number in tuple(self._tickets):
            self.signed(m.SvidSigned(ticket=number, fault="sealer-unavailable"))

    def look(self) -> None:
        """Record what was refused since the last look: one event a reason, so a flood fills no disk."""
        counted, self._refused = self._refused, Counter()
        for reason, count in sorted(counted.items()):
            detail: dict[str, int | str] = {"reason": reason, "count": count}
            self._s.record.note("access.svid.refused", "", Outcome.DENIED, detail)
