"""The channel to the supervisor, as the control process uses it: states go up, confirmations come down.

Rules of this file: a state is put in force when the supervisor says so, and in no other way. What cannot be recorded ends the
process.
"""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bartizan.access.versions import Version
from bartizan.admin.signins import Standing
from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed, MessageRefused
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NOT_DONE, NotInForce
from bartizan.app.entry import Entry
from bartizan.app.evidence import Evidence
from bartizan.app.evidence_messages import EvidenceKept, EvidenceSealed
from bartizan.app.federation import Standing as DomainStanding
from bartizan.app.held import HeldRequests
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.issuers import Issuers
from bartizan.app.segments import SIZES
from bartizan.identity.pseudonym import Minted
from bartizan.identity.state import State, encode
from bartizan.isolation.memory import read_sealed, sealed
from bartizan.ledger.journal import Journal, JournalUnwritable

_IN_FORCE_S: Final = 10.0


class Supervision:
    """The channel to the supervisor, as this process uses it: states go up, confirmations come down."""

    def __init__(self, channel: Channel, journal: Journal) -> None:
        """Take both; `follow` starts listening."""
        self._channel, self._journal = channel, journal
        self._waiting: deque[asyncio.Future[int]] = deque()
        self._asked = False
        self.registrar: Registrar | None = None
        self.issuers: Issuers | None = None
        self.evidence: Evidence | None = None
        self.held: HeldRequests | None = None
        self._considering: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()

    def follow(
        self,
        registrar: Registrar | None = None,
        issuers: Issuers | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """Take messages as they come, for these."""
        self.registrar, self.issuers, self.evidence = registrar, issuers, evidence
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._take)

    async def publish(self, state: State) -> int:
        """Return the generation of a state once every worker decides on it.

        Raises:
            NotInForce: the supervisor is gone, or did not confirm within 10 s.
        """
        confirmed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(confirmed)
        memory = sealed(encode(state))
        try:
            self._channel.send(m.Publish(), [memory])
            async with asyncio.timeout(_IN_FORCE_S):
                return await asyncio.shield(confirmed)
        except (ChannelClosed, TimeoutError) as fault:
            raise NotInForce from fault
        finally:
            socket.close(memory)

    def record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        """Write entries to the journal; return the first's and the last's sequence.

        Raises:
            JournalUnwritable: nothing more is written, and the process ends.
        """
        try:
            written = [
                self._journal.record(
                    entry.kind, entry.actor, entry.subject, entry.outcome, entry.control, entry.detail
                )
                for entry in entries
            ]
            self._journal.flush()
            if self._journal.durable:
                self._journal.sync()  # the store waits for the disk too, whenever it commits
        except JournalUnwritable:
            self.gone.set()
            raise
        if self._journal.nearly_full and not self._asked:
            self._asked = True
            self._say(m.SegmentWanted())
        return written[0], written[-1]

    def tell_policy(self, version: Version) -> None:
        """Say which version of the policies is in force."""
        self._say(
            m.PolicyInForce(
                version=version.number,
                source=version.source,
                repeats=version.repeats,
                configured=version.digest == version.configured,
            )
        )

    def tell_sign_ins(self, how: Standing) -> None:
        """Say how the watch over sign-ins stands."""
        self._say(
            m.SignInsWatched(budget=how.budget, learning=how.learning, today=how.today, withheld=how.withheld)
        )

    def tell_domains(self, how: Sequence[DomainStanding]) -> None:
        """Say how trust domains besides our own stand."""
        told = tuple(m.DomainStanding(**msgspec.structs.asdict(each)) for each in how)
        self._say(m.DomainsWatched(domains=told))

    def ready(self) -> None:
        """Say that this process serves."""
        self._channel.send(m.Ready())

    def _take(self) -> None:
        try:
            message, fds = self._channel.receive()
        except (ChannelClosed, MessageRefused):
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self.gone.set()
            return
        self._obey(message, fds)

    def _obey(self, message: m.ControlOrders, fds: list[int]) -> None:
        match message:
            case m.Published(generation=generation):
                if self._waiting:
                    self._confirm(self._waiting.popleft(), generation)
            case m.Segment(number=number):
                self._turn(number, *fds)
            case m.Minted(addresses=addresses):
                self._keep(addresses)
            case m.Undecided(token=token):
                self._considering = asyncio.get_running_loop().create_task(self._consider(token))
            case EvidenceSealed() | HoldAsked():
                self._of_the_guard(message)
            case m.Ask():
                self._say(m.Alive())
            case _:
                pass

    def _keep(self, addresses: Mapping[str, str]) -> None:
        try:
            if self.registrar is not None:
                self.registrar.sources.keep(
                    Minted(pseudonym, prefix) for prefix, pseudonym in addresses.items()
                )
        finally:
            self._say(m.Kept())

    def _of_the_guard(self, message: EvidenceSealed | HoldAsked) -> None:
        if isinstance(message, HoldAsked):
            self._say(self._answer_held(message))
        else:
            self._take_evidence(message)

    def _take_evidence(self, piece: EvidenceSealed) -> None:
        try:
            if self.evidence is not None:
                with contextlib.suppress(JournalUnwritable):  # sets `gone`
                    self.evidence.take(piece)
        finally:
            self._say(EvidenceKept())

    def _answer_held(self, asked: HoldAsked) -> HoldAnswered:
        with contextlib.suppress(JournalUnwritable):  # sets `gone`
            if self.held is not None:
                return self.held.answer(asked)
        return HoldAnswered(ticket=asked.ticket, word="unavailable")

    async def _consider(self, token: str) -> None:
        try:
            if self.issuers is not None:
                with contextlib.suppress(*NOT_DONE):
                    await self.issuers.consider(token)
        finally:
            self._say(m.Considered())

    def _say(self, message: m.ControlReports) -> None:
        with contextlib.suppress(ChannelClosed):  # then `_take` sees the end
            self._channel.send(message)

    def _turn(self, number: int, segment: int, key: int) -> None:
        try:
            self._journal.next_segment(segment, read_sealed(key), number, SIZES["control"])
        except JournalUnwritable:
            self.gone.set()
        self._asked = False

    @staticmethod
    def _confirm(waiting: asyncio.Future[int], generation: int) -> None:
        if not waiting.done():
            waiting.set_result(generation)
