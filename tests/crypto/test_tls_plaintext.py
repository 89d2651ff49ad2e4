import asyncio
import contextlib
import socket
import ssl
import time
import tracemalloc
from collections.abc import Callable

import pytest
from typing_extensions import override

from bartizan.crypto import tls_transport
from bartizan.crypto.tls_faults import TlsTruncated
from tests.crypto.scene import (
    LOOPS,
    Notes,
    client,
    cut,
    dialled,
    run,
    stage,
    visit,
)

Loop = Callable[[], asyncio.AbstractEventLoop]
MEGABYTE = 1 << 20

pytestmark = pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])


class Flood(Notes):
    """Sends `TOTAL` bytes as fast as it may, keeping to pause_writing."""

    TOTAL = 48 * MEGABYTE
    BLOCK = b"z" * 65_536

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.deepest, self.paused = 0, 0, False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.go_on()

    def go_on(self) -> None:
        while not self.paused and self.sent < self.TOTAL:
            self.transport.write(self.BLOCK)
            self.sent += len(self.BLOCK)
            self.deepest = max(self.deepest, self.transport.get_write_buffer_size())

    @override
    def pause_writing(self) -> None:
        self.paused = True

    @override
    def resume_writing(self) -> None:
        self.paused = False
        self.go_on()


@pytest.mark.slow
def test_a_slow_reader_holds_the_sender_back_and_loses_nothing(loop: Loop) -> None:
    def read_slowly(port: int) -> int:
        with dialled(port) as line:
            total, turns = 0, 0
            while total < Flood.TOTAL:
                total, turns = total + len(line.recv(MEGABYTE)), turns + 1
                if turns % 64 == 0:
                    time.sleep(0.005)
            return total

    async def main() -> None:
        async with stage(Flood) as found:
            with socket.create_connection(
                ("127.0.0.1", found.port)
            ) as idle:  # a handshake, then no reading at all
                idle.setblocking(False)
            tracemalloc.start()
            reading = asyncio.create_task(asyncio.to_thread(read_slowly, found.port))
            flood = await found.met()
            assert isinstance(flood, Flood)
            assert await reading == Flood.TOTAL
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert flood.deepest < MEGABYTE
            assert peak < 8 * MEGABYTE

    run(loop, main())


def test_a_reader_that_stops_stops_the_sender(loop: Loop) -> None:
    async def main() -> None:
        async with stage(Flood) as found:
            ours = await visit(found.port, Notes(), client())
            ours.transport.pause_reading()
            assert not ours.transport.is_reading()
            flood = await found.met()
            assert isinstance(flood, Flood)
            stood = -1
            while not flood.paused or flood.sent != stood:
                stood = flood.sent
                await asyncio.sleep(0.1)
            assert flood.sent < Flood.TOTAL
            at_pause = len(ours.received)
            await asyncio.sleep(0.05)
            assert len(ours.received) == at_pause
            ours.transport.resume_reading()
            await ours.holds(Flood.TOTAL)
            ours.transport.close()
            await ours.lost.wait()

    run(loop, main())


class Sipper(Notes):
    """Pauses after each piece, and asks for the next a little later."""

    @override
    def data_received(self, data: bytes) -> None:
        assert self.transport.is_reading()
        super().data_received(data)
        self.transport.pause_reading()
        asyncio.get_running_loop().call_later(0.001, self.transport.resume_reading)


def test_a_protocol_that_pauses_after_each_piece_gets_every_piece_and_then_the_end(loop: Loop) -> None:
    def send(port: int) -> None:
        with dialled(port) as line:
            line.sendall(b"s" * MEGABYTE)
            with contextlib.suppress(ssl.SSLError, OSError):
                line.unwrap()

    async def main() -> None:
        async with stage(Sipper) as found:
            await asyncio.to_thread(send, found.port)
            theirs = await found.met()
            await theirs.lost.wait()
            assert len(theirs.received) == MEGABYTE
            assert theirs.eof
            assert theirs.cause is None

    run(loop, main())


def test_a_cut_while_reading_is_paused_is_still_seen_as_a_cut(loop: Loop) -> None:
    def send(port: int) -> None:
        line = dialled(port)
        line.sendall(b"s" * 200_000)
        cut(line)

    async def main() -> None:
        async with stage(Sipper) as found:
            await asyncio.to_thread(send, found.port)
            theirs = await found.met()
            await theirs.lost.wait()
            assert len(theirs.received) == 200_000
            assert isinstance(theirs.cause, TlsTruncated)

    run(loop, main())


def test_closing_sends_close_notify_after_everything_written(loop: Loop) -> None:
    class Farewell(Notes):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.transport.write(b"f" * 300_000)
            self.transport.close()
            self.transport.write(b"nothing goes out after close")
            assert self.transport.is_closing()

    def read_all(port: int) -> int:
        with dialled(port) as line:
            total = 0
            while more := line.recv(65_536):  # a missing close_notify would raise SSLEOFError here
                total += len(more)
            return total

    async def main() -> None:
        async with stage(Farewell) as found:
            assert await asyncio.to_thread(read_all, found.port) == 300_000
            theirs = await found.met()
            await theirs.lost.wait()
            assert theirs.cause is None

    run(loop, main())


def test_a_peer_that_takes_nothing_does_not_hold_a_closed_connection_open(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_transport, "LINGER_SECONDS", 0.05)

    class Closing(Notes):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.transport.write(b"c" * (32 * MEGABYTE))
            self.transport.close()

    async def main() -> None:
        async with stage(Closing) as found:
            line = await asyncio.to_thread(dialled, found.port)
            theirs = await found.met()
            await theirs.lost.wait()
            line.close()

    run(loop, main())


def test_a_slow_peer_still_gets_everything_after_close(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_transport, "LINGER_SECONDS", 2.0)

    class Closing(Notes):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.transport.write(b"c" * (16 * MEGABYTE))
            self.transport.close()

    def read_slowly(port: int) -> int:
        with dialled(port) as line:
            total = 0
            while more := line.recv(MEGABYTE):
                total += len(more)
                if total % (2 * MEGABYTE) == 0:
                    time.sleep(0.3)
            return total

    async def main() -> None:
        async with stage(Closing) as found:
            assert await asyncio.to_thread(read_slowly, found.port) == 16 * MEGABYTE

    run(loop, main())


def test_aborting_loses_the_connection_at_once(loop: Loop) -> None:
    async def main() -> None:
        async with stage() as found:
            ours = await visit(found.port, Notes(), client())
            theirs = await found.met()
            ours.transport.abort()
            await ours.lost.wait()
            await theirs.lost.wait()
            assert theirs.cause is not None

    run(loop, main())


def test_what_one_turn_writes_leaves_at_its_end_as_one(loop: Loop) -> None:
    held: list[int] = []

    class Chatty(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            for _ in range(20):
                self.transport.write(b"w")
            held.append(self.transport.get_write_buffer_size())

    async def main() -> None:
        async with stage(Chatty) as found:
            ours = await visit(found.port, Notes(), client())
            ours.transport.write(b"go")
            await ours.holds(20)
            assert held == [20]
            assert (await found.met()).transport.get_write_buffer_size() == 0
            ours.transport.close()
            await ours.lost.wait()

    run(loop, main())
