"""An adversary who reads the last answer an octet at a time, to keep a connection and its buffer for ever.

Its windows of one octet cannot be had from a kernel's sockets, so the transport here is a stand-in for one.
"""

import asyncio
import itertools

import pytest
from typing_extensions import override

from bartizan.clock import SECOND, Nanoseconds
from tests.gateway.scene import request, run, standing

BUFFERED = 300_000


class Trickle(asyncio.Transport):
    """A transport whose peer takes so many octets each time that somebody looks."""

    def __init__(self, takes: int) -> None:
        super().__init__()
        self._takes, self._left = takes, BUFFERED
        self.ended = False

    @override
    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    @override
    def get_write_buffer_size(self) -> int:
        self._left = max(0, self._left - self._takes)
        return self._left

    @override
    def is_closing(self) -> bool:
        return False

    @override
    def close(self) -> None:
        pass

    @override
    def abort(self) -> None:
        self.ended = True


@pytest.mark.parametrize("takes", [0, 1, 1_000, 10_000])
def test_who_takes_little_of_the_last_answer_is_cut(takes: int) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            one, transport = scene.gateway.connection(), Trickle(takes)
            one.connection_made(transport)
            one.data_received(request(b"GET", b"/healthz", b"", b"Connection: close"))
            now = scene.clock.now()
            for turn in itertools.count(1):
                one.sweep(Nanoseconds(now + turn * 31 * SECOND))
                if transport.ended:
                    break
                assert turn < 3
            one.connection_lost(None)

    run(scenario())


def test_who_takes_a_fair_part_gets_it_all() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            one, transport = scene.gateway.connection(), Trickle(20_000)
            one.connection_made(transport)
            one.data_received(request(b"GET", b"/healthz", b"", b"Connection: close"))
            now = scene.clock.now()
            for turn in range(1, BUFFERED // 20_000 - 1):
                one.sweep(Nanoseconds(now + turn * 31 * SECOND))
                assert not transport.ended
            one.connection_lost(None)

    run(scenario())
