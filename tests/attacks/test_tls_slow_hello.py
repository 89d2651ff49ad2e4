"""Slowloris: many clients begin a handshake and then say next to nothing. Each is cut when its time is up."""

import asyncio
import contextlib
import socket
import time

import pytest

from tests.crypto.scene import LOOPS, Notes, client, run, stage, visit

LIMIT = 0.3


def drip(port: int) -> float:
    """Send a byte of a hello now and then, until the server has had enough; return the seconds that took."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line, contextlib.suppress(OSError):
        line.settimeout(0.05)
        for octet in b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500:
            line.send(bytes([octet]))
            with contextlib.suppress(TimeoutError):
                if not line.recv(100):
                    break
    return time.monotonic() - begun


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_each_slow_handshake_is_cut_in_time_while_others_are_served(
    loop: type[asyncio.AbstractEventLoop],
) -> None:
    async def main() -> None:
        async with stage(handshake_seconds=LIMIT) as found:
            attacks = [asyncio.create_task(asyncio.to_thread(drip, found.port)) for _ in range(4)]
            await asyncio.sleep(LIMIT / 3)
            honest = await visit(found.port, Notes(), client())
            lasted = await asyncio.gather(*attacks)
            assert await found.counted(4) == ["timeout"] * 4
            assert all(LIMIT * 0.9 <= seconds < 4 for seconds in lasted)
            assert not (await found.met()).lost.is_set()  # the clock was for the handshake only
            honest.transport.close()
            await honest.lost.wait()

    run(loop, main())


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_client_that_says_nothing_at_all_is_cut_too(loop: type[asyncio.AbstractEventLoop]) -> None:
    def wait(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            with contextlib.suppress(ConnectionResetError):
                return line.recv(100)
            return b""

    async def main() -> None:
        async with stage(handshake_seconds=LIMIT) as found:
            assert await asyncio.to_thread(wait, found.port) == b""
            assert await found.counted() == ["timeout"]

    run(loop, main())
