"""An adversary who sends one request after the other on one connection, and reads no answer, or each."""

import asyncio
import socket

import pytest

from bartizan.gateway.bounds import AHEAD_OCTETS
from tests.gateway.scene import Scene, client, request, run, standing, until

OCTETS = 24_000_000
FLOODS = {
    "health": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "strangers": request(b"GET", b"/v1/models", bearer=""),
    "a principal": request(b"GET", b"/v1/models"),
    "half a head": b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n",
}
SLACK = 300_000
"""What one read of the loop brings at most (256 KiB), and a head."""


def held(scene: Scene) -> tuple[int, int]:
    """Return what is kept of what clients sent, and of what they do not read."""
    clients = scene.gateway._plane.clients
    return (
        max(len(one._ahead) for one in clients),
        max(one._transport.get_write_buffer_size() for one in clients),
    )


@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ahead_is_bounded_and_holds_up_nobody(name: str, reads: bool) -> None:  # noqa: FBT001 - a case
    octets = FLOODS[name]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as flooder, client(scene) as other:
            flooder.send(octets * (OCTETS // len(octets)))
            reading = asyncio.ensure_future(flooder.reader.read(-1)) if reads else None
            for _ in range(20):
                assert (await other.ask(request())).status == 200  # one took minutes once
                ahead, unread = held(scene)
                assert ahead < AHEAD_OCTETS + SLACK
                assert unread < SLACK
                await asyncio.sleep(0.01)
            if reading is not None:
                reading.cancel()

    run(scenario(), 60)


def test_who_reads_nothing_is_cut() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as flooder:
            flooder.send(FLOODS["health"] * 200_000)
            await until(lambda: any(one.stalled for one in scene.gateway._plane.clients))
            await scene.later(31)
            assert not scene.gateway._plane.clients

    run(scenario())


def test_every_request_that_was_sent_ahead_is_answered_in_order() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            kinds = [(request(), 200), (request(bearer=""), 401), (FLOODS["health"], 200)] * 700
            one.send(b"".join(octets for octets, _ in kinds))
            for _, status in kinds:
                assert (await one.answer()).status == status
            assert len(scene.upstream.received) == 700

    run(scenario())


def test_who_asks_for_the_end_and_does_not_read_up_to_it_is_cut() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            raw = socket.socket()
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(raw, ("127.0.0.1", scene.port))
            await until(lambda: scene.gateway._plane.clients)
            (one,) = scene.gateway._plane.clients
            one._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            for _ in range(1000):
                await loop.sock_sendall(raw, FLOODS["health"] * 20)
                await asyncio.sleep(0.01)
                if one._transport.get_write_buffer_size():
                    break
            await loop.sock_sendall(
                raw, FLOODS["health"].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            )
            await until(one._transport.is_closing)
            await scene.later(31)
            assert not scene.gateway._plane.clients
            raw.close()

    run(scenario())
