"""What the supervisor does with what its children say.

Rules of this file: one function per message. A message that is not of a child's own kind never gets here: the
channel's decoder refuses it, and a child that sends such a thing is ended. A worker may be an adversary's: of
everything that it can ask for, so much is under way at once and no more, and who asks for more is ended, so that
no worker can fill another process's channel, or the disk.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from bartizan.app import inspector_messages as im
from bartizan.app import messages as m
from bartizan.app import shipping_messages as sm
from bartizan.app import worker_messages as w
from bartizan.app import workload_messages as wm
from bartizan.app.channel import ChannelClosed, ChannelFull, Message, MessageRefused, close
from bartizan.app.child import Child
from bartizan.app.evidence_messages import EvidenceKept, EvidenceSealed
from bartizan.app.evidence_queue import EvidenceQueue
from bartizan.app.hold_desk import HoldDesk
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.status import UNFIT
from bartizan.isolation.memory import MemoryFileRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan.app.supervisor import Supervisor

_MOST_DIALS = 256
"""Connections that one worker waits for at once."""
_MOST_MINTED = 256
"""Messages of new pseudonyms that wait for control; beyond them the oldest are lost."""
_MINTED_SECONDS = 0.1
"""How often control takes new pseudonyms: a flood of them leaves it time for the rest."""
_MOST_UNDECIDED = 64
"""Tokens that wait for control to consider them; beyond them the newest are shown again by who shows them."""
_MOST_PUBLISHED = 8
"""States that control may publish before the first of them is answered."""


class Relay:
    """Passes what one child wants to the child that has it."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self._tickets: dict[int, tuple[Child, m.Dial]] = {}
        self._next = 0
        self._leaves: dict[int, m.SignLeaf] = {}
        self._minted_waiting: deque[m.Minted] = deque(maxlen=_MOST_MINTED)
        self._keeping = self._publishing = self._considering = 0
        self._undecided_waiting: deque[m.Undecided] = deque()
        self.evidence, self.held = EvidenceQueue(supervisor), HoldDesk(supervisor)
        self.policy: m.PolicyInForce | None = None
        self.sign_ins: m.SignInsWatched | None = None
        self.domains: tuple[m.DomainStanding, ...] = ()
        self._does: dict[type[Message], Callable[[Child, Any, list[int]], None]] = {
            m.Ready: self._ready,
            m.Alive: self._alive,
            m.Dial: self._dial,
            m.Dialled: self._dialled,
            w.LeafWanted: self._leaf_wanted,
            m.LeafSigned: self._leaf_signed,
            m.Publish: self._publish,
            w.Loaded: self._loaded,
            m.PolicyInForce: self._policy_in_force,
            m.SignInsWatched: self._sign_ins_watched,
            m.DomainsWatched: self._domains_watched,
            m.SegmentWanted: self._segment_wanted,
            m.Registered: self._registered,
            m.Altered: self._altered,
            m.Minted: self._minted,
            m.Kept: self._kept,
            m.Undecided: self._undecided,
            m.Considered: self._considered,
            w.Unwell: self._unwell,
            m.Sealed: self._sealed,
            w.Serving: self._serving,
            w.LimiterPresence: self._limiter_is,
            w.TargetPresence: self._target_is,
            sm.WitnessSaid: self._witness_said,
            sm.Witnessed: self._witnessed,
            sm.Shipped: self._shipped,
            sm.Departed: self._departed,
            sm.FileWanted: self._file_wanted,
            wm.SvidWanted: self._svid_wanted,
            m.SvidSigned: self._svid_signed,
            im.SievedBy: self._sieved_by,
            EvidenceSealed: self.evidence.sealed,
            EvidenceKept: self.evidence.kept,
            HoldAsked: self.held.asked,
            HoldAnswered: self.held.answered,
        }

    def read(self, child: Child) -> bool:
        """Take some of what a child has sent; return whether there may be more."""
        for _ in range(64):
            if child.condemned:
                return False
            try:
                message, fds = child.channel.receive()
            except BlockingIOError:
                return False
            except ChannelClosed:
                child.hung_up()
                return False
            except MessageRefused as fault:
                self._end(child, str(fault))
                return False
            self._take(child, message, fds)
        return True

    def _take(self, child: Child, message: Message, fds: list[int]) -> None:
        try:
            self._does[type(message)](child, message, fds)
        finally:
            close(fds)

    def _end(self, child: Child, why: str) -> None:
        self._s.log.write("supervisor", f"{child.kind} {child.number} is ended: {why}")
        child.kill()

    # ---- what children say of themselves -----------------------------------------------------------------
    def _ready(self, child: Child, message: m.Ready, _: list[int]) -> None:
        if child.ready.done():  # how it is confined it says once, while it is still what was started
            self._end(child, "it was ready before")
            return
        child.facts |= {
            "seccomp": int(message.seccomp),
            "landlock": message.landlock,
            "compiled": int(message.compiled),
        }
        if child.kind == "sealer":
            self._s.record.number_from(message.segment)
        child.ready.set_result(None)

    def _alive(self, child: Child, _: m.Alive, __: list[int]) -> None:
        if child.serves or child.state != "serving":  # one that was told to serve and does not is no use
            child.unanswered = 0

    def _loaded(self, worker: Child, message: w.Loaded, _: list[int]) -> None:
        if message.generation > self._s.generation.number:
            self._end(worker, "it has loaded what does not exist")
        else:
            self._s.generation.loaded(worker, message.generation)

    def _serving(self, child: Child, _: w.Serving, __: list[int]) -> None:
        child.serves = True
        self._s.note_change()

    def _limiter_is(self, child: Child, message: w.LimiterPresence, _: list[int]) -> None:
        if child.facts.get("limiter") != message.up:
            child.facts["limiter"] = int(message.up)
            said = "answers" if message.up else "does not answer: requests are refused"
            self._s.log.write("supervisor", f"the limiter {said}, says worker {child.number}")
            self._s.note_change()

    def _target_is(self, child: Child, message: w.TargetPresence, _: list[int]) -> None:
        names = {(each.name, target.name) for each in self._s.plan.services for target in each.targets}
        if (message.service, message.target) not in names:
            self._end(child, "it tells of a target that there is not")
            return
        fact = f"{UNFIT}{message.service}/{message.target}"
        if child.facts.get(fact, 0) == message.fit:
            child.facts[fact] = int(not message.fit)
            self._s.note_change()

    def _unwell(self, child: Child, _: w.Unwell, __: list[int]) -> None:
        self._end(child, "it cannot keep the record")

    # ---- connectors ---------------------------------------------------------------------------------------
    def _shipped(self, child: Child, message: sm.Shipped, _: list[int]) -> None:
        if not self._s.shipments.heard(message):
            self._end(child, "it tells of a connector that there is not")

    def _departed(self, child: Child, message: sm.Departed, _: list[int]) -> None:
        if not self._s.shipments.departed(child, message):
            self._end(child, "it tells of a connector that there is not")

    def _file_wanted(self, child: Child, message: sm.FileWanted, _: list[int]) -> None:
        if not self._s.shipments.open(child, message.connector):
            self._end(child, "it wants the file of a connector that has none")

    # ---- workloads ----------------------------------------------------------------------------------------
    def _svid_wanted(self, child: Child, message: wm.SvidWanted, fds: list[int]) -> None:
        if not self._s.svids.wanted(child, message, fds):
            self._end(child, "it asks for more certificates than it has connections")

    def _svid_signed(self, _: Child, message: m.SvidSigned, __: list[int]) -> None:
        self._s.svids.signed(message)

    # ---- segments -----------------------------------------------------------------------------------------
    def _segment_wanted(self, child: Child, _: m.SegmentWanted, __: list[int]) -> None:
        if self._s.record.filled(child):
            self._s.spawn_task(self._s.record.extend(child))
        else:
            self._end(child, "it wants a segment and has not filled its last")

    def _registered(self, _: Child, message: m.Registered, __: list[int]) -> None:
        self._s.record.registered(message.segment, taken=message.taken)

    def _altered(self, _: Child, message: m.Altered, __: list[int]) -> None:
        """End the writer of a segment that is read no further: what it does now would not be on record."""
        writer = self._s.record.writer_of(message.segment)
        if writer == 0:
            self._s.log.write("supervisor", "the supervisor's own segment was altered")
            self._s.record.break_own()
        elif writer in self._s.children:
            self._end(self._s.children[writer], "its journal was altered")

    def _sealed(self, child: Child, message: m.Sealed, _: list[int]) -> None:
        child.facts = {"entries": message.entries, "altered": message.altered}
        self._s.note_change()

    def _witness_said(self, child: Child, message: sm.WitnessSaid, _: list[int]) -> None:
        if not self._s.witnessing.said(message):
            self._end(child, "it tells of a witness that there is not")

    def _witnessed(self, _: Child, message: sm.Witnessed, __: list[int]) -> None:
        self._s.witnessing.witnessed(message)

    # ---- certificates ---------------------------------------------------------------------------------------
    def _leaf_wanted(self, worker: Child, message: w.LeafWanted, _: list[int]) -> None:
        if worker.number in self._leaves:
            self._end(worker, "it asks for a second certificate before it has the first")
            return
        self._leaves[worker.number] = m.SignLeaf(worker=worker.number, request=message.request)
        self._forward("sealer", self._leaves[worker.number])

    def _leaf_signed(self, _: Child, message: m.LeafSigned, __: list[int]) -> None:
        if message.fault:
            self._s.log.write("supervisor", f"no certificate for worker {message.worker}: {message.fault}")
        if self._leaves.pop(message.worker, None) and (worker := self._s.children.get(message.worker)):
            self._s.tell(worker, w.Leaf(chain=message.chain, named=message.named))

    def sealer_ready(self) -> None:
        """Ask a new sealer for the certificates that its predecessor owes."""
        for wanted in tuple(self._leaves.values()):
            self._forward("sealer", wanted)

    # ---- pseudonyms of addresses ------------------------------------------------------------------------------
    def _minted(self, _: Child, message: m.Minted, __: list[int]) -> None:
        self._minted_waiting.append(message)
        self._pass_minted()

    def _kept(self, control: Child, _: m.Kept, __: list[int]) -> None:
        if self._keeping == control.number:
            asyncio.get_running_loop().call_later(_MINTED_SECONDS, self._pass_more_minted, control)

    def _pass_more_minted(self, control: Child) -> None:
        if self._keeping == control.number:
            self._keeping = 0
            self._pass_minted()

    def control_ready(self) -> None:
        """Hand a new control process what its predecessor did not take."""
        self._keeping = self._considering = 0
        self._pass_minted()
        self._pass_undecided()
        self.evidence.control_ready()
        self.held.control_ready()

    def _pass_minted(self) -> None:
        for control in self._s.of("control", "ready"):
            if self._minted_waiting and not self._keeping:
                self._keeping = control.number
                self._s.tell(control, self._minted_waiting.popleft())

    # ---- tokens that control is to consider -------------------------------------------------------------------
    def _undecided(self, _: Child, message: m.Undecided, __: list[int]) -> None:
        if len(self._undecided_waiting) < _MOST_UNDECIDED:
            self._undecided_waiting.append(message)
        self._pass_undecided()

    def _considered(self, control: Child, _: m.Considered, __: list[int]) -> None:
        if self._considering == control.number:
            self._considering = 0
            self._pass_undecided()

    def _pass_undecided(self) -> None:
        for control in self._s.of("control", "ready"):
            if self._undecided_waiting and not self._considering:
                self._considering = control.number
                self._s.tell(control, self._undecided_waiting.popleft())

    # ---- generations --------------------------------------------------------------------------------------------
    def _publish(self, control: Child, _: m.Publish, fds: list[int]) -> None:
        if len(fds) != 1 or self._publishing >= _MOST_PUBLISHED:
            self._end(control, "it publishes out of turn")
            return
        self._publishing += 1
        self._s.spawn_task(self._put_in_force(control, fds.pop()))

    def _policy_in_force(self, _: Child, message: m.PolicyInForce, __: list[int]) -> None:
        self.policy = message
        self._s.note_change()

    def _sign_ins_watched(self, _: Child, message: m.SignInsWatched, __: list[int]) -> None:
        self.sign_ins = message
        self._s.note_change()

    def _domains_watched(self, _: Child, message: m.DomainsWatched, __: list[int]) -> None:
        self.domains = message.domains
        self._s.note_change()

    async def _put_in_force(self, control: Child, fd: int) -> None:
        try:
            number = await self._s.generation.publish(fd)
        except MemoryFileRefused as fault:
            self._end(control, str(fault))
            return
        finally:
            self._publishing -= 1
        self._s.note_change()
        if control.state != "gone":
            self._s.tell(control, m.Published(generation=number))

    # ---- connections --------------------------------------------------------------------------------------------
    def _dial(self, worker: Child, wanted: m.Dial, _: list[int]) -> None:
        """Pass an order on; while the dialer is being replaced, orders wait for the next one."""
        self._next += 1
        open_already = sum(1 for owner, _ in self._tickets.values() if owner is worker)
        if open_already < _MOST_DIALS and self._dials(self._next, wanted):
            self._tickets[self._next] = (worker, wanted)
        else:
            self._s.tell(worker, m.Dialled(ticket=wanted.ticket, fault="dialer-unavailable"))

    def _dials(self, number: int, wanted: m.Dial) -> bool:
        """Return whether an order is on its way, or waits for the next dialer."""
        order = m.Dial(ticket=number, service=wanted.service, target=wanted.target)
        return self._forward("dialer", order) or not self._s.of("dialer", "ready")

    def _sieved_by(self, _: Child, message: im.SievedBy, __: list[int]) -> None:
        self._s.lines.engine, self._s.lines.model = message.engine, message.model
        self._s.lines.encoder = message.encoder
        self._s.note_change()

    def _dialled(self, _: Child, message: m.Dialled, fds: list[int]) -> None:
        if message.ticket not in self._tickets:
            return
        worker, wanted = self._tickets.pop(message.ticket)
        if worker.state == "gone":
            return
        fault = message.fault
        if message.sample and len(fds) == 2 and not self._forward("sample", m.Connection(), fds[1]):  # noqa: PLR2004  # both ends
            fault = "sample-unavailable"
        self._s.tell(worker, m.Dialled(ticket=wanted.ticket, fault=fault), *(() if fault else fds[:1]))

    def dialer_ready(self) -> None:
        """Give a new dialer every order that its predecessor left, or that came meanwhile."""
        for number, (worker, wanted) in tuple(self._tickets.items()):
            if worker.state == "gone":
                del self._tickets[number]
            elif not self._dials(number, wanted):
                del self._tickets[number]
                self._s.tell(worker, m.Dialled(ticket=wanted.ticket, fault="dialer-unavailable"))

    def worker_gone(self, worker: Child) -> None:
        """Forget what a worker waited for; what was ordered for it is answered to nobody."""
        self._leaves.pop(worker.number, None)
        self.held.worker_gone(worker)
        for number in [number for number, (owner, _) in self._tickets.items() if owner is worker]:
            del self._tickets[number]

    def _forward(self, kind: str, message: Message, *fds: int) -> bool:
        """Hand on what a worker wants; return False where nobody is there, or too much waits there already."""
        for child in self._s.of(kind, "ready"):
            try:
                child.channel.send(message, fds)
            except ChannelFull:
                return False
            except ChannelClosed:
                child.kill()
                child.state = "ending"
                return False
            return True
        return False
