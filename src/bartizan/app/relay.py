"""What the supervisor does with what its children say.

Rules of this file: one function per message. A message that is not of a child's own kind never gets here: the
channel's decoder refuses it, and a child that sends such a thing is ended.
"""

from typing import TYPE_CHECKING, Any

from bartizan.app import messages as m
from bartizan.app.channel import ChannelClosed, Message, MessageRefused, close
from bartizan.app.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan.app.supervisor import Supervisor

_MOST_DIALS = 256


class Relay:
    """Passes what one child wants to the child that has it."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self._tickets: dict[int, tuple[Child, int]] = {}
        self._next = 0
        self._does: dict[type[Message], Callable[[Child, Any, list[int]], None]] = {
            m.Ready: self._ready,
            m.Dial: self._dial,
            m.Dialled: self._dialled,
            m.LeafWanted: self._leaf_wanted,
            m.LeafSigned: self._leaf_signed,
            m.Publish: self._publish,
            m.Loaded: self._loaded,
            m.SegmentWanted: self._segment_wanted,
            m.Registered: self._registered,
            m.Minted: self._minted,
            m.Unwell: self._unwell,
            m.Sealed: self._sealed,
            m.Serving: self._serving,
        }

    def read(self, child: Child) -> None:
        """Take what a child has sent, as much as is there."""
        for _ in range(64):
            try:
                message, fds = child.channel.receive()
            except (BlockingIOError, ChannelClosed):
                return
            except MessageRefused as fault:
                self._s.log.write("supervisor", f"{child.kind} {child.number} is ended: {fault}")
                child.kill()
                return
            self._take(child, message, fds)

    def _take(self, child: Child, message: Message, fds: list[int]) -> None:
        try:
            self._does[type(message)](child, message, fds)
        finally:
            close(fds)

    def _ready(self, child: Child, message: m.Ready, _: list[int]) -> None:
        child.facts = {"seccomp": int(message.seccomp), "landlock": message.landlock}
        if child.kind == "sealer":
            self._s.record.number_from(message.segment)
        if not child.ready.done():
            child.ready.set_result(None)

    def _leaf_wanted(self, worker: Child, message: m.LeafWanted, _: list[int]) -> None:
        self._forward("sealer", m.SignLeaf(worker=worker.number, request=message.request))

    def _leaf_signed(self, _: Child, message: m.LeafSigned, __: list[int]) -> None:
        if message.fault:
            self._s.log.write("supervisor", f"no certificate for worker {message.worker}: {message.fault}")
        if worker := self._s.children.get(message.worker):
            self._s.tell(worker, m.Leaf(chain=message.chain))

    def _loaded(self, worker: Child, message: m.Loaded, _: list[int]) -> None:
        self._s.generation.loaded(worker, message.generation)

    def _segment_wanted(self, child: Child, _: m.SegmentWanted, __: list[int]) -> None:
        self._s.spawn_task(self._s.record.extend(child))

    def _registered(self, _: Child, message: m.Registered, __: list[int]) -> None:
        self._s.record.registered(message.segment)

    def _minted(self, _: Child, message: m.Minted, __: list[int]) -> None:
        self._forward("control", message)

    def _unwell(self, child: Child, _: m.Unwell, __: list[int]) -> None:
        self._s.log.write("supervisor", f"{child.kind} {child.number} cannot keep the record")
        child.kill()

    def _sealed(self, child: Child, message: m.Sealed, _: list[int]) -> None:
        child.facts = {"entries": message.entries, "altered": message.altered}
        self._s.note_change()

    def _serving(self, child: Child, _: m.Serving, __: list[int]) -> None:
        child.serves = True
        self._s.note_change()

    def _publish(self, control: Child, _: m.Publish, fds: list[int]) -> None:
        self._s.spawn_task(self._put_in_force(control, fds.pop()))

    def _forward(self, kind: str, message: Message, *fds: int) -> bool:
        for child in self._s.of(kind):
            self._s.tell(child, message, *fds)
            return True
        return False

    def _dial(self, worker: Child, message: m.Dial, _: list[int]) -> None:
        ticket, service = message.ticket, message.service
        self._next += 1
        open_already = sum(1 for owner, _ in self._tickets.values() if owner is worker)
        if open_already < _MOST_DIALS and self._forward("dialer", m.Dial(ticket=self._next, service=service)):
            self._tickets[self._next] = (worker, ticket)
        else:
            self._s.tell(worker, m.Dialled(ticket=ticket, fault="dialer-unavailable"))

    def _dialled(self, _: Child, message: m.Dialled, fds: list[int]) -> None:
        worker, ticket = self._tickets.pop(message.ticket, (None, 0))
        fault = message.fault
        if message.sample and len(fds) == 2 and not self._forward("sample", m.Connection(), fds[1]):  # noqa: PLR2004  # both ends
            fault = "sample-unavailable"
        if worker is not None and worker.state != "gone":
            self._s.tell(worker, m.Dialled(ticket=ticket, fault=fault), *(() if fault else fds[:1]))

    def dialer_gone(self) -> None:
        """Answer what the dialer will not answer any more."""
        for worker, ticket in self._tickets.values():
            if worker.state != "gone":
                self._s.tell(worker, m.Dialled(ticket=ticket, fault="dialer-unavailable"))
        self._tickets.clear()

    async def _put_in_force(self, control: Child, fd: int) -> None:
        number = await self._s.generation.publish(fd)
        self._s.note_change()
        if control.state != "gone":
            self._s.tell(control, m.Published(generation=number))
