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
from bartizan.app.inspector_wire import (
    LONGEST,
    Answered,
    Ended,
    FrameRefused,
    Frames,
    Going,
    ToInspector,
    Told,
    ToWorker,
    Wanted,
    framed,
)
from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import ALLOW, BLOCK, EVENTS, REDACT, UNAVAILABLE, Passed, Said, Signal

SIGNAL = Signal("threats.leakage", "secret", "aws", "user", Severity.HIGH, Confidence.HIGH, 2)
SAID = Said(REDACT, "secret", "threats.leakage", "leave it out", b"{}", (SIGNAL,))
AWAY = Said(BLOCK, UNAVAILABLE)


@given(st.lists(st.binary(max_size=50), max_size=5), st.lists(st.integers(1, 7)))
def test_frames_are_cut_wherever_the_stream_is(bodies: list[bytes], cuts: list[int]) -> None:
    sent = [Wanted(number, "one", "p-1", body) for number, body in enumerate(bodies)]
    octets, frames, found = b"".join(map(framed, sent)), Frames[ToInspector](ToInspector), list[ToInspector]()
    for cut in cuts:
        found += frames.take(octets[:cut])
        octets = octets[cut:]
    assert found + frames.take(octets) == sent


def test_an_answer_says_all_that_was_said() -> None:
    for message in (Told(7, SAID), Going(8, Passed(b"x", last=True, said=SAID))):
        assert Frames[ToWorker](ToWorker).take(framed(message)) == [message]


@pytest.mark.parametrize(
    "octets", [(LONGEST + 1).to_bytes(4, "big"), b"\0\0\0\1\xc1", framed(Told(1, SAID)), b"\0\0\0\0"]
)
def test_what_was_not_agreed_on_is_refused(octets: bytes) -> None:
    with pytest.raises(FrameRefused):
        Frames[ToInspector](ToInspector).take(octets)


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


class Heard:
    """The inspector's end: what was asked, one after another."""

    def __init__(self, end: socket.socket) -> None:
        self._end, self._frames, self._held = end, Frames[ToInspector](ToInspector), list[ToInspector]()

    async def next(self) -> ToInspector:
        while not self._held:
            self._held += self._frames.take(await asyncio.get_running_loop().sock_recv(self._end, 1 << 16))
        return self._held.pop(0)

    async def tell(self, *messages: ToWorker) -> None:
        await asyncio.get_running_loop().sock_sendall(self._end, b"".join(map(framed, messages)))


def test_what_is_asked_is_answered() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        heard = Heard(end)
        asked = line.inspect("one", "p-1", b"{}")
        wanted = await heard.next()
        assert wanted == Wanted(wanted.number, "one", "p-1", b"{}")
        await heard.tell(Told(wanted.number, SAID))
        assert await asked.said == SAID

    scene(talk)


def test_an_answer_goes_on_as_it_is_let_go_and_its_end_is_told() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        heard, passed = Heard(end), asyncio.Queue[Passed]()
        asked = line.inspect("one", "p-1", b"{}")
        asked.on_passed = passed.put_nowait
        number = (await heard.next()).number
        await heard.tell(Told(number, Said(ALLOW)))
        await asked.said
        asked.answer(b"a", EVENTS, last=False)
        asked.answer(b"b", EVENTS, last=True)
        assert [await heard.next(), await heard.next()] == [
            Answered(number, b"a", EVENTS, last=False),
            Answered(number, b"b", EVENTS, last=True),
        ]
        await heard.tell(Going(number, Passed()), Going(number, Passed(b"ab", last=True)))
        assert [await passed.get(), await passed.get()] == [Passed(), Passed(b"ab", last=True)]
        asked.end()
        assert await heard.next() == Ended(number)
        await heard.tell(Going(number, Passed(b"late")))
        asked.end()
        assert not line._asked

    scene(talk)


def test_an_end_before_the_request_was_judged_waits_for_that() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        heard = Heard(end)
        asked = line.inspect("one", "p-1", b"{}")
        number = (await heard.next()).number
        asked.end()
        assert line._asked
        await heard.tell(Told(number, SAID))
        assert await asked.said == SAID
        assert await heard.next() == Ended(number)
        assert not line._asked

    scene(talk)


@pytest.mark.parametrize("ending", [b"", b"\xff" * 100])
def test_an_inspector_that_ends_or_says_nonsense_is_away_for_all_who_wait(ending: bytes) -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        heard, passed = Heard(end), asyncio.Queue[Passed]()
        answered = line.inspect("one", "p-1", b"{}")
        answered.on_passed = passed.put_nowait
        number = (await heard.next()).number
        await heard.tell(Told(number, Said(ALLOW)))
        await answered.said
        answered.answer(b"a", EVENTS, last=False)
        waiting = [line.inspect("one", "p-1", b"{}").said for _ in range(3)]
        await heard.next()
        if ending:
            await asyncio.get_running_loop().sock_sendall(end, ending)
        else:
            end.close()
        assert await asyncio.gather(*waiting) == [AWAY] * 3
        assert await passed.get() == Passed(last=True, said=AWAY)
        assert await line.inspect("one", "p-1", b"{}").said == AWAY
        answered.answer(b"b", EVENTS, last=True)
        assert await passed.get() == Passed(last=True, said=AWAY)

    scene(talk)


def test_an_inspector_that_hangs_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PATIENCE_SECONDS", 0.05)

    async def talk(line: InspectorLine, end: socket.socket) -> None:
        heard, passed = Heard(end), asyncio.Queue[Passed]()
        asked = line.inspect("one", "p-1", b"{}")
        assert await asked.said == AWAY
        number = (await heard.next()).number
        await heard.tell(Told(number, SAID))  # too late: what was said first holds
        assert await asked.said == AWAY
        asked.on_passed = passed.put_nowait
        asked.answer(b"a", EVENTS, last=True)
        assert await passed.get() == Passed(last=True, said=AWAY)

    scene(talk)


def test_a_new_line_is_used_and_those_of_the_old_one_are_told() -> None:
    async def talk(line: InspectorLine, end: socket.socket) -> None:
        del end
        old = line.inspect("one", "p-1", b"{}")
        one, other = socket.socketpair()
        with other:
            other.setblocking(False)
            line.lay(one)
            assert await old.said == AWAY
            asked, heard = line.inspect("one", "p-1", b"new"), Heard(other)
            wanted = await heard.next()
            assert isinstance(wanted, Wanted)
            assert wanted.octets == b"new"
            await heard.tell(Told(wanted.number, Said(ALLOW)))
            assert await asked.said == Said(ALLOW)

    scene(talk)


def test_without_a_line_everything_is_uninspected_at_once() -> None:
    async def run() -> Said:
        return await InspectorLine().inspect("one", "p-1", os.urandom(9)).said

    assert asyncio.run(run()) == AWAY
