"""A stranger sends what is no TLS. Nothing comes of it but one counted refusal."""

import asyncio

import pytest

from tests.crypto.scene import LOOPS, plain_exchange, run, stage

JUNK = {
    "zeros": b"\0" * 64,
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "high bytes": bytes(range(200, 256)),
    "record too long": b"\x16\x03\x01\xff\xff" + b"a" * 100,
    "hello without a body": b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    "an alert first": b"\x15\x03\x03\x00\x02\x02\x30",
    "application data first": b"\x17\x03\x03\x00\x05hello",
    "sslv2 hello": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\1" * 37,
}


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("octets", JUNK.values(), ids=JUNK.keys())
def test_garbage_is_refused_at_once_and_counted_once(
    loop: type[asyncio.AbstractEventLoop], octets: bytes
) -> None:
    async def main() -> None:
        async with stage() as found:
            answer = await asyncio.to_thread(plain_exchange, found.port, octets, seconds=5.0)
            assert await found.counted() == ["garbage"]
            assert len(answer) <= 7  # an alert at most
            assert not found.inner

    run(loop, main())
