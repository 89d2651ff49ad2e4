"""The gateway worker: takes all it will need, gives up the rest, and serves.

Rules of this file: the order of the steps. Import everything; take the boot message; open the journal, whose
record 0 moves its key on; get a certificate for a key of its own; refuse io_uring before the loop is made; make
the server without listening; confine; report; serve when told to. After `confine` no file can be opened and no
module imported. Without the supervisor a worker ends.
"""

import asyncio
import concurrent.futures.thread
import contextlib
import encodings.idna
import gc
import itertools
import linecache
import os
import secrets
import signal
import socket
import stringprep
import sys
import traceback
import unicodedata
from collections import deque
from collections.abc import Callable

import msgspec
import uvloop
from OpenSSL import SSL

from bartizan import compiled
from bartizan.access import assemble as access
from bartizan.access import controls as access_controls
from bartizan.access.outcome import ANYONE
from bartizan.app import messages as m
from bartizan.app import worker_messages as w
from bartizan.app.awaiting import Awaiting
from bartizan.app.boards import opened
from bartizan.app.channel import Channel, ChannelClosed, ChannelFull, Message
from bartizan.app.deciding import AUDIENCE, Deciding
from bartizan.app.evidence_messages import EvidenceTaken
from bartizan.app.freshness import Freshness
from bartizan.app.guard_judge.line import judge_of
from bartizan.app.hold_messages import HoldAnswered
from bartizan.app.holding import Holding
from bartizan.app.inspection import InspectorLine
from bartizan.app.key_room import key_room
from bartizan.app.metering import Metering
from bartizan.app.outcry import Outcry
from bartizan.app.plan import Plan
from bartizan.app.reach import Reach
from bartizan.app.rehearsal import rehearse
from bartizan.app.room import room_for
from bartizan.app.route_plan import patience_of, route_of
from bartizan.app.sealing_evidence import Sealing
from bartizan.app.segments import SIZES
from bartizan.app.tracing import tracing
from bartizan.clock import DAY, SECOND, SystemClock
from bartizan.control import discover
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import CertificateUnusable, NoHybridGroup, server_context
from bartizan.crypto.x509 import LEAF_DAYS, leaf_request
from bartizan.gateway import ports
from bartizan.gateway.assemble import Gateway, assemble
from bartizan.gateway.metering import COUNTED
from bartizan.identity import pseudonym
from bartizan.identity.dpop import Proofs
from bartizan.identity.state import decode
from bartizan.identity.token import IssuerInvalid
from bartizan.isolation import worker as isolation
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.kernel import die_with_parent
from bartizan.isolation.memory import read_sealed
from bartizan.ledger.journal import Journal, JournalUnwritable
from bartizan.policy.errors import PolicyInvalid
from bartizan.store.valkey_limits import ValkeyLimits
from bartizan.store.valkey_sums import ValkeySums

LATE = (concurrent.futures.thread, encodings.idna, linecache, stringprep, traceback, unicodedata)
"""Modules that Python or a library would import only when it needs them, which is too late here."""
_HOUSEKEEPING_SECONDS = 0.1
_RENEWAL_SECONDS = LEAF_DAYS * DAY / SECOND / 2
_MOST_MINTED, _MOST_UNTOLD = 256, 65_536
_LARGEST_SEGMENT = 2 * SIZES["worker"]
"""Octets after which no segment grows: four times what is used when the next one is asked for."""
_GARBAGE = 20_000
"""Objects that are made and not yet unmade, before cycles among them are looked for."""


class Worker:
    """One worker, from its boot message on.

    Args:
        channel: to the supervisor; blocking until the loop runs.
        boot: what it is.
        fds: listener, generation counter, board, plan, perhaps the pipe for traces, segment, first key.
    """

    def __init__(self, channel: Channel, boot: w.BootWorker, fds: list[int]) -> None:
        """Open the journal and map the counter."""
        listener, counter, board, plan, *traces, segment, key = fds
        self.channel, self.clock = channel, SystemClock()
        self.plan = msgspec.json.decode(read_sealed(plan), type=Plan)
        self.listener = socket.socket(fileno=listener)
        first = key_room(read_sealed(key))
        self.journal = Journal(segment, first, boot.segment, "worker", boot.boot, self.clock, SIZES["worker"])
        self.journal.durable = self.plan.durability == "every"
        self.proofs = Proofs(Secret(secrets.token_bytes(32)))
        self.outcry, self.awaiting = Outcry(self.clock, sys.stderr.write), Awaiting(self.clock)
        room = access.Ports(
            discover(access_controls),
            AUDIENCE,
            self.proofs,
            self.outcry.control,
            self.awaiting.note,
            self.clock.now,
        )
        self.fresh = Freshness(counter, room, channel, self.take, self.clock)
        self.board = opened(board, COUNTED)
        self.tracing = tracing(self.plan, traces)
        self.addresses = pseudonym.Addresses()
        self.minted: deque[tuple[str, str]] = deque(maxlen=_MOST_UNTOLD)
        self.reach = Reach(channel, self.plan)
        self.key: bytes = b""
        self.chain: bytes = b""
        self.context: SSL.Context | None = None
        self.credentials: dict[tuple[str, str], Secret] = {}
        self.inspector, self.asked_segment, self.holding = (
            InspectorLine(judge_of(self.plan.guard_judge)),
            False,
            Holding(channel),
        )
        self.evidence = Sealing(self.plan.evidence, self.clock, self.journal)
        self.room = room_for(self.plan)
        self.gateway: Gateway
        self.metering: Metering
        self.deciding: Deciding
        self.server: asyncio.Server
        self.ended = asyncio.Event()
        self._does: dict[type[Message], Callable[..., None]] = {
            m.Ask: self._ask,
            w.StateChanged: self._state_changed,
            w.Leaf: self._leaf,
            m.Dialled: self.reach.dialled,
            m.Segment: self._segment,
            w.ControlPresence: self._control_presence,
            w.Credential: self._credential,
            EvidenceTaken: self.evidence.taken,
            HoldAnswered: self.holding.answered,
            w.InspectorLine: lambda _, fds: self.inspector.lay(socket.socket(fileno=fds[0])),
            w.GuardJudgeLine: lambda _, fds: self.inspector.judge.lay(socket.socket(fileno=fds[0])),
            w.Serve: self._serve,
            w.Drain: self._drain,
        }

    # ---- setting up ----------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """Rehearse; get a state to decide on and, for TLS, a certificate, which come over the channel."""
        rehearse(self.clock, tls=self.plan.tls)
        if self.plan.tls:
            self.ask_leaf()
        while self.fresh.access is None or (self.plan.tls and self.context is None):
            self.take()

    def ask_leaf(self) -> None:
        """Make a new key and have it certified."""
        self.key, request = leaf_request(self.plan.names)
        self.channel.send(w.LeafWanted(request=request.decode("ascii")))

    async def run(self) -> None:
        """Serve until drained, or until the supervisor is gone; then the process ends."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self.outcry)
        loop.add_signal_handler(signal.SIGTERM, self._drain, w.Drain(seconds=0.0), [])
        self.channel.sock.setblocking(False)
        loop.add_reader(self.channel.fileno(), self._readable)
        limiter = self.reach.limiter()
        shared = ValkeyLimits(limiter) if limiter is not None else None
        network = self.addresses.prefix_of
        self.metering = Metering(self.plan.meters, self.plan.prices, self.clock, shared, network)
        sums = ValkeySums(limiter) if limiter is not None else None
        self.deciding = Deciding(self.fresh, self.plan.upstreams, sums, network)
        self._assemble()
        # made now, listening later: the loop opens its spare descriptor with its first server
        self.server = await loop.create_server(
            self._connection, sock=self.listener, backlog=2048, start_serving=False
        )
        held = Confinement()
        if self.plan.isolation == "required":
            isolation.bound_files(_LARGEST_SEGMENT)
            held = isolation.confine(self.listener.fileno())
        ready = m.Ready(seccomp=held.seccomp, landlock=held.landlock, compiled=compiled.in_use())
        self.channel.send(ready)
        loop.call_later(_HOUSEKEEPING_SECONDS, self._keep_house)
        if self.plan.tls:
            loop.call_later(_RENEWAL_SECONDS, self._renew)
        await self.ended.wait()
        await self.metering.settled()
        self._tell_minted()
        with contextlib.suppress(JournalUnwritable):  # then its end is where it broke
            self.journal.close()
        os._exit(0)  # the loop would make a pair of sockets to end itself, which a confined worker may not

    def _assemble(self) -> None:
        self.gateway = assemble(self._ports())
        self._renew_credentials()
        self.inspector.begin()

    def _connection(self) -> asyncio.Protocol:
        if self.context is None:
            return self.gateway.connection()
        return self.gateway.encrypted(self.context)

    def _ports(self) -> ports.Ports:
        deciding, metering = self.deciding, self.metering
        return ports.Ports(
            clock=self.clock,
            names=(*self.plan.names, *self.plan.hosts),
            services=tuple(route_of(service) for service in self.plan.upstreams),
            default_service=self.plan.upstreams[0].name,
            anonymous=ANYONE,
            authenticate=deciding.authenticate,
            prove=deciding.prove,
            nonce=self.proofs.nonce,
            authorize=deciding.authorize,
            generation=self.fresh.newest,
            refresh=self.fresh.changed,
            limit=deciding.limit,
            address_limit=deciding.address_limit,
            address_barred=deciding.address_barred,
            client_limit=deciding.client_limit,
            journal=self.journal,
            dial=self.reach.dial,
            wrap_upstream=self.reach.wrap,
            pseudonym_of_address=self.addresses.pseudonym,
            stop_accepting=self._unwell,
            random=secrets.token_bytes,
            reserve=None if metering.empty else metering.reserve,
            settle=metering.settle,
            inspect=self.inspector.inspect if any(service.guard for service in self.plan.upstreams) else None,
            evidence=self.evidence.keep,
            hold=self.holding.ask,
            alerts=metering.alerts,
            target_is=self.reach.target_is,
            connections=self.room.clients,
            upstreams=self.room.upstreams,
            answers=self.plan.bounds.answer_octets,
            patience=patience_of(self.plan.bounds),
            board=self.board,
            remembered=lambda: (*deciding.remembered(), ("meters", metering.remembered)),
            tracing=self.tracing,
            tls=self.plan.tls,
            binding=Secret(bytes.fromhex(self.plan.binding)) if self.plan.binding else None,
            edge=Secret(self.plan.edge_secret.encode()) if self.plan.edge_secret else None,
            trusted=self.plan.trusted,
            durable=self.journal.durable,
        )

    # ---- orders --------------------------------------------------------------------------------------------
    def take(self) -> None:
        """Take one message off the channel and carry it out; without a supervisor there is no worker."""
        try:
            message, fds = self.channel.receive()
        except ChannelClosed:
            os._exit(0)
        self._does[type(message)](message, fds)

    def _readable(self) -> None:
        try:
            while True:
                self.take()
        except BlockingIOError:
            pass
        except BaseException:  # noqa: BLE001  # a worker that cannot follow its orders must end: the spare takes over
            traceback.print_exc()
            os._exit(4)

    def _ask(self, _: m.Ask, __: list[int]) -> None:
        self.channel.send(m.Alive())

    def _state_changed(self, message: w.StateChanged, fds: list[int]) -> None:
        state = decode(bytes(read_sealed(fds[0])))
        self.fresh.load(message.generation, state)
        self.evidence.key = state.evidence
        self.channel.send(w.Loaded(generation=message.generation))

    def _leaf(self, message: w.Leaf, _: list[int]) -> None:
        if not message.chain and self.context is not None:
            return  # the one it has is good for another half of its days
        if not message.chain:
            raise RuntimeError("the sealer signed no certificate for this worker")
        chain, named = message.chain.encode("ascii"), message.named.encode("ascii")
        self.context = server_context(chain, self.key, pq=self.plan.pq, named_pem=named, asks=self.plan.asks)

    def _segment(self, message: m.Segment, fds: list[int]) -> None:
        try:
            self.journal.next_segment(fds[0], read_sealed(fds[1]), message.number, SIZES["worker"])
        except JournalUnwritable:
            self._unwell()
        self.asked_segment = False

    def _control_presence(self, message: w.ControlPresence, _: list[int]) -> None:
        self.fresh.control_is(up=message.up, away=message.away_ns)

    def _credential(self, message: w.Credential, fds: list[int]) -> None:
        self.credentials[message.service, message.target] = Secret(bytes(read_sealed(fds[0])))
        if hasattr(self, "gateway"):
            self._renew_credentials()

    def _renew_credentials(self) -> None:
        while self.credentials:
            (service, target), credential = self.credentials.popitem()
            self.gateway.renew(service, target, credential)

    def _serve(self, _: w.Serve, __: list[int]) -> None:
        async def serve() -> None:
            await self.server.start_serving()
            self.channel.send(w.Serving())

        self._serving = asyncio.get_running_loop().create_task(serve())

    def _drain(self, message: w.Drain, _: list[int]) -> None:
        async def drain() -> None:
            self.server.close()
            await self.gateway.drain(message.seconds)
            self.ended.set()

        self._draining = asyncio.get_running_loop().create_task(drain())

    def _unwell(self) -> None:
        """The record cannot be kept: accept no more, and say so."""
        self.server.close()
        self.channel.send(w.Unwell())

    # ---- from time to time -----------------------------------------------------------------------------------
    def _keep_house(self) -> None:
        asyncio.get_running_loop().call_later(_HOUSEKEEPING_SECONDS, self._keep_house)
        with contextlib.suppress(ChannelFull):  # the next time, then
            if self.journal.nearly_full and not self.asked_segment:
                self.channel.send(m.SegmentWanted())
                self.asked_segment = True
        self._tell_minted()
        self._tell_undecided()
        self.evidence.hand_on(self.channel)
        self.metering.renew()
        self.deciding.networks.exchange(self.clock.now())

    def _tell_minted(self) -> None:
        """Hand over the pseudonyms that are new, as many as the supervisor takes now; the rest later."""
        self.minted += ((new.prefix, new.pseudonym) for new in self.addresses.take_new())
        while self.minted:
            some = dict(itertools.islice(self.minted, _MOST_MINTED))
            try:
                self.channel.send(m.Minted(addresses=some))
            except ChannelClosed:
                return
            for _ in range(min(_MOST_MINTED, len(self.minted))):
                self.minted.popleft()

    def _tell_undecided(self) -> None:
        """Hand over tokens that control is to consider, as many as the supervisor takes now."""
        with contextlib.suppress(ChannelClosed):
            while token := self.awaiting.first():
                self.channel.send(m.Undecided(token=token))
                self.awaiting.passed(token)

    def _renew(self) -> None:
        self.ask_leaf()
        asyncio.get_running_loop().call_later(_RENEWAL_SECONDS, self._renew)


def main(argv: list[str]) -> int:
    """Run a worker; `argv` holds the descriptor of the channel. Returns the exit status."""
    die_with_parent(signal.SIGKILL)  # one that hangs would keep the listener, and with it the port
    channel = Channel(socket.socket(fileno=int(argv[0])), w.WorkerOrders)
    boot, fds = channel.receive()
    try:
        worker = Worker(channel, boot, fds)
        worker.prepare()
        if worker.plan.isolation == "required":
            isolation.refuse_io_uring()
        # what there is by now stays; requests make no cycles, so that looking for some is for the rare ones
        gc.freeze()
        gc.set_threshold(_GARBAGE, 10, 100)
        uvloop.run(worker.run())
    except (
        NoHybridGroup,
        CertificateUnusable,
        IssuerInvalid,
        PolicyInvalid,
        IsolationUnavailable,
    ) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
