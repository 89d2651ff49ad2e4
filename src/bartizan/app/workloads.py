"""Gives workloads their certificates over a unix socket, by the Workload API of SPIFFE.

Rules of this file: it parses what strangers of this machine send, so it is confined before it takes the first connection,
holds no key but those that it makes for workloads, and decides nothing: the connection itself goes to the sealer, which
asks the kernel whose it is. Nobody who runs as no workload's user is spoken to. Each user has so many connections, and all
together too.
Source: Workload API specification; X.509-SVID specification.
"""

import asyncio
import base64
import contextlib
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Final

from bartizan.app import messages as m
from bartizan.app import workload_messages as wm
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.svids import MOST, SECONDS, UNRECORDED
from bartizan.app.workload_grpc import PERMISSION_DENIED, UNAVAILABLE, Conversation
from bartizan.app.workload_wire import FETCH_SVID, Certified, bundles_response, svid_response
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock, since_boot
from bartizan.crypto.svid import svid_request
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.workload import spiffe_id
from bartizan.isolation.carrier import Reach, confine
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.store.gauge import Rate
from bartizan.store.limits import gcra

CONNECTIONS: Final = 128
"""Connections at once; each user may have a share."""
OF_ONE_USER: Final = 32
IDLE_S: Final = 20.0
"""How long a connection may have no call open."""
RENEWED_S: Final = SECONDS / 2
_READ: Final = 4096
_OCTETS: Final = Rate(Nanoseconds(SECOND // 32), 64)
"""Reads of one connection: 64 at once, 32 a second."""
_ASKED: Final = Rate(Nanoseconds(SECOND // 4), 16)
"""What one user's processes may have attested: sixteen at once, four a second."""
_TRANSIENT: Final = frozenset({"busy", "sealer-unavailable", UNRECORDED})


class Asking:
    """Has the sealer certify, over the supervisor's channel; so many at once, the others wait."""

    def __init__(self, channel: Channel) -> None:
        """Wait for nothing yet."""
        self._channel = channel
        self._waiting: dict[int, asyncio.Future[m.SvidSigned]] = {}
        self._room, self._next = asyncio.Semaphore(MOST // 2), 0

    async def ask(self, connection: socket.socket, accepted: int, request: str) -> m.SvidSigned:
        """Return what becomes of a request of whoever is at the other end."""
        await self._room.acquire()
        self._next += 1
        answer: asyncio.Future[m.SvidSigned] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        order = wm.SvidWanted(ticket=self._next, accepted=accepted, request=request)
        self._channel.send(order, [connection.fileno()])
        return await answer

    def answered(self, message: m.SvidSigned) -> None:
        """Take an answer; there is room for another order only now, though nobody may wait for this one any more."""
        waiting = self._waiting.pop(message.ticket, None)
        if waiting is not None:
            self._room.release()
            if not waiting.done():
                waiting.set_result(message)


class Service:
    """Takes connections of workloads' users.

    Args:
        uids: of those users.
        asking: has certificates signed.
        clock: the time.
        renewed_s: how often a workload gets a new certificate.
        trust_domain: that workloads are of.
    """

    def __init__(
        self,
        uids: Iterable[int],
        asking: Asking,
        clock: Clock,
        renewed_s: float = RENEWED_S,
        trust_domain: str = TRUST_DOMAIN,
    ) -> None:
        """Serve nobody yet."""
        self.trust_domain = trust_domain
        self.uids, self.asking, self.clock, self.renewed_s = frozenset(uids), asking, clock, renewed_s
        self._of: Counter[int] = Counter()
        self._asks: dict[int, Nanoseconds] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        """Take connections for ever."""
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:  # no descriptor, or a peer that is gone
                await asyncio.sleep(0.1)
                continue
            uid = _uid(connection)
            if uid not in self.uids or self._of[uid] >= OF_ONE_USER or self._of.total() >= CONNECTIONS:
                connection.close()
                continue
            self._of[uid] += 1
            task = loop.create_task(self._converse(connection, uid))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _converse(self, connection: socket.socket, uid: int) -> None:
        try:
            with connection, contextlib.suppress(OSError, TimeoutError):
                await Peer(self, connection, uid).run()
        finally:
            self._of[uid] -= 1

    def may_ask(self, uid: int) -> bool:
        """Return whether a user's processes have not had too much attested lately."""
        allowed, self._asks[uid], _ = gcra(self._asks.get(uid, Nanoseconds(0)), self.clock.now(), _ASKED)
        return allowed


class Peer:
    """One connection."""

    def __init__(self, service: Service, connection: socket.socket, uid: int) -> None:
        """Speak to it."""
        self._service, self._connection, self._uid = service, connection, uid
        self._accepted = since_boot()
        self._conversation = Conversation(self._wanted)
        self._answering: dict[int, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._reads = Nanoseconds(0)

    async def run(self) -> None:
        """Converse until the peer goes, or breaks the rules.

        Raises:
            OSError: it went; TimeoutError: it left the connection unused.
        """
        loop = asyncio.get_running_loop()
        try:
            await self._send()
            while not self._conversation.over:
                octets = await self._read(loop)
                if not octets:
                    return
                self._conversation.take(octets)
                await self._send()
        finally:
            for task in self._answering.values():
                task.cancel()

    async def _read(self, loop: asyncio.AbstractEventLoop) -> bytes:
        allowed, self._reads, wait = gcra(self._reads, self._service.clock.now(), _OCTETS)
        while not allowed:  # slower, and not refused: a peer that floods holds itself back
            await asyncio.sleep(wait / SECOND)
            allowed, self._reads, wait = gcra(self._reads, self._service.clock.now(), _OCTETS)
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    return await loop.sock_recv(self._connection, _READ)
            except TimeoutError:
                if not self._conversation.calls:
                    raise

    async def _send(self) -> None:
        """Send what is due; a peer that takes nothing for long is cut."""
        async with self._sending, asyncio.timeout(IDLE_S):
            octets = self._conversation.told()
            if octets:
                await asyncio.get_running_loop().sock_sendall(self._connection, octets)

    def _wanted(self, number: int, path: str) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(number, path))
        self._answering[number] = task
        task.add_done_callback(lambda _: self._answering.pop(number, None))

    async def _answer(self, number: int, path: str) -> None:
        """Answer a call with what the peer is by now, again and again until it is nothing any more."""
        with contextlib.suppress(OSError, TimeoutError):
            while await self._once(number, path):  # noqa: ASYNC110  # until it is refused, not until something happens
                await asyncio.sleep(self._service.renewed_s)

    async def _once(self, number: int, path: str) -> bool:
        if not self._service.may_ask(self._uid):
            return await self._end(number, UNAVAILABLE)
        key, request = svid_request() if path == FETCH_SVID else (b"", b"")
        answer = await self._service.asking.ask(self._connection, self._accepted, request.decode("ascii"))
        if answer.fault in _TRANSIENT:
            return await self._end(number, UNAVAILABLE)
        if answer.fault:
            return await self._end(number, PERMISSION_DENIED)
        self._conversation.say(number, _response(answer, key, self._service.trust_domain))
        await self._send()
        return True

    async def _end(self, number: int, status: int) -> bool:
        self._conversation.end(number, status)
        await self._send()
        return False


def _response(answer: m.SvidSigned, key: bytes, trust_domain: str) -> bytes:
    bundle = base64.b64decode(answer.authority)
    if not key:
        return bundles_response({trust_domain: bundle})
    return svid_response(
        Certified(
            spiffe_id(each.workload, trust_domain),
            base64.b64decode(each.certificate),
            key,
            bundle,
            hint=each.workload,
        )
        for each in answer.svids
    )


def _uid(connection: socket.socket) -> int:
    found: int = struct.unpack("=iII", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
    return found


def reach() -> Reach:
    """Return what this process goes on needing: the connections that come to it."""
    return Reach("workloads", serves=True)


async def _live(channel: Channel, stop: int) -> None:
    boot, fds = channel.receive()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    svid_request()  # what comes with the first key is loaded by now
    held = confine(reach()) if boot.confined else Confinement()
    asking = Asking(channel)
    service = Service(boot.uids, asking, SystemClock(), trust_domain=boot.trust_domain)

    def hear() -> None:
        try:
            message, _ = channel.receive()
        except ChannelClosed:  # the supervisor is gone
            ended.set()
            return
        if isinstance(message, m.SvidSigned):
            asking.answered(message)
        else:
            channel.send(m.Alive())

    loop.add_reader(channel.fileno(), hear)
    loop.add_reader(stop, ended.set)
    channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
    serving = loop.create_task(service.serve(socket.socket(fileno=fds[0])))
    await ended.wait()
    serving.cancel()


def main(argv: list[str]) -> int:
    """Serve until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], wm.WorkloadsOrders)
    try:
        asyncio.run(_live(channel, stop))
    except IsolationUnavailable as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:
        os._exit(0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
