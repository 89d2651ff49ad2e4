"""A ClientHello that never ends, so that somebody keeps it in memory. It is cut at sixteen kilobytes."""

import asyncio

import pytest

from bartizan.crypto.tls_transport import HELLO_OCTETS
from tests.crypto.scene import LOOPS, plain_exchange, run, stage


def hello(claimed: int, sent: int) -> bytes:
    """A ClientHello message of a claimed length, in full records, as far as `sent` bytes."""
    message = b"\x01" + claimed.to_bytes(3, "big") + b"\x03\x03" + b"r" * claimed
    size = 16_000
    records = [
        b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part
        for part in (message[start : start + size] for start in range(0, len(message), size))
    ]
    return b"".join(records)[:sent]


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("sent", [HELLO_OCTETS, HELLO_OCTETS + 1, 100_000])
def test_an_endless_hello_is_cut_at_its_bound(loop: type[asyncio.AbstractEventLoop], sent: int) -> None:
    async def main() -> None:
        async with stage() as found:
            await asyncio.to_thread(plain_exchange, found.port, hello(120_000, sent), seconds=5.0)
            assert await found.counted() == ["too-large"]

    run(loop, main())


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_client_that_leaves_in_the_middle_is_counted(loop: type[asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        async with stage() as found:
            await asyncio.to_thread(plain_exchange, found.port, hello(1_000, 500), end=True)
            assert await found.counted() == ["closed-early"]

    run(loop, main())
