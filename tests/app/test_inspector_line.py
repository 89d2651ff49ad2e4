"""A worker and the inspector over a real stream: whole answers, bad ones, none."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app import inspection
from bartizan.app.inspection import InspectorLine
from bartizan.app.inspector_wire import LONGEST, FrameRefused, Frames, Told, Wanted, framed
from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import ALLOW, BLOCK, REDACT, UNAVAILABLE, Said, Signal

SIGNAL = Signal("threats.leakage", "secret", "aws", "user", Severity.HIGH, Confidence.HIGH, 2)
SAID = Said(REDACT, "secret", "threats.leakage", "leave it out", b"{}", (SIGNAL,))
AWAY = Said(BLOCK, UNAVAILABLE)


@given(st.lists(st.binary(max_size=50), max_size=5), st.lists(st.integers(1, 7)))
def test_frames_are_cut_wherever_the_stream_is(bodies: list[bytes], cuts: list[int]) -> None:
    sent = [Wanted(number, "one", "p-1", body) for number, body in enumerate(bodies)]
    octets, frames, found = b"".join(map(framed, sent)), Frames(Wanted), list[Wanted | Told]()
    for cut in cuts:
        found += frames.take(octets[:cut])
        octets = octets[cut:]
    assert found + frames.take(octets) == sent


def test_an_answer_says_all_that_was_said() -> None:
    assert Frames(Told).take(framed(Told(7, SAID))) == [Told(7, SAID)]


@pytest.mark.parametrize(
    "octets", [(LONGEST + 1).to_bytes(4, "big"), b"\0\0\0\1\xc1", framed(Told(1, SAID)), b"\0\0\0\0"]
)
def test_what_was_not_agreed_on_is_refused(octets: bytes) -> None:
    with pytest.raises(FrameRefused):
        Frames(Wanted).take(octets)


def scene(talk: Callable[[InspectorLine, socket.socket], Awaitable[None]]) -> None:
    async def run() -> None:
        one, other = socket.socketpair()
        with other:
            other.setblocking(False)
            line = InspectorLine()
            line.lay(one)
            line.begin()
            assert line._connecting is not None
            await line._connecting
            await asyncio.wait_for(talk(line, other), 20)

    asyncio.run(run())


async def heard(end: socket.socket) -> Wanted:
    frames = Frames(Wanted)
    while True:
        for message in frames.take(await asyncio.get_running_loop().sock_recv(end, 1 << 16)):
            assert isinstance(message, Wanted)
            return message


def test_what_is_asked_is_answered() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        answer = line.inspect("one", "p-1", b"{}")
        wanted = await heard(end)
        assert (wanted.service, wanted.source, wanted.octets) == ("one", "p-1", b"{}")
        await asyncio.get_running_loop().sock_sendall(end, framed(Told(wanted.number, SAID)))
        assert await answer == SAID

    scene(talk)


@pytest.mark.parametrize("ending", [b"", b"\xff" * 100])
def test_an_inspector_that_ends_or_says_nonsense_is_away_for_all_who_wait(ending: bytes) -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        waiting = [line.inspect("one", "p-1", b"{}") for _ in range(3)]
        await heard(end)
        if ending:
            await asyncio.get_running_loop().sock_sendall(end, ending)
        else:
            end.close()
        assert await asyncio.gather(*waiting) == [AWAY] * 3
        assert await line.inspect("one", "p-1", b"{}") == AWAY

    scene(talk)


def test_an_inspector_that_hangs_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PATIENCE_SECONDS", 0.05)

    async def talk(line: InspectorLine, end: socket.socket) -> None:
        answer = line.inspect("one", "p-1", b"{}")
        assert await answer == AWAY
        wanted = await heard(end)  # its answer comes too late, and is nobody's
        await asyncio.get_running_loop().sock_sendall(end, framed(Told(wanted.number, SAID)))
        again = line.inspect("one", "p-1", b"{}")
        assert (await heard(end)).number != wanted.number
        await again

    scene(talk)


def test_a_new_line_is_used_and_those_of_the_old_one_are_told() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        old = line.inspect("one", "p-1", b"{}")
        one, other = socket.socketpair()
        with other:
            other.setblocking(False)
            line.lay(one)
            assert await old == AWAY
            answer = line.inspect("one", "p-1", b"new")
            wanted = await heard(other)
            assert wanted.octets == b"new"
            await asyncio.get_running_loop().sock_sendall(other, framed(Told(wanted.number, Said(ALLOW))))
            assert await answer == Said(ALLOW)
        del end

    scene(talk)


def test_without_a_line_everything_is_uninspected_at_once() -> None:
    async def run() -> Said:
        return await InspectorLine().inspect("one", "p-1", os.urandom(9))

    assert asyncio.run(run()) == AWAY
