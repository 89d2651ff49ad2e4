"""Work that many want at once is done once for all of them, and nobody is answered by a turn that began before they asked."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.joined import Joined


class Board:
    """Counts up what is written on it; a turn reads it, takes a while, and shows what it read."""

    def __init__(self) -> None:
        self.written, self.shown, self.turns = 0, 0, 0
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False
        self.joined = Joined(self._turn)

    async def _turn(self) -> int:
        read, self.turns = self.written, self.turns + 1
        await asyncio.sleep(0)
        await self.open.wait()
        if self.fails:
            raise ConnectionError
        self.shown = read
        return read

    async def write(self) -> None:
        """Write, and be answered once it is shown."""
        self.written += 1
        own = self.written
        assert await self.joined.done() >= own
        assert self.shown >= own


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_each_is_answered_once_what_they_did_is_in(pauses: list[int]) -> None:
    async def scenario() -> None:
        board = Board()

        async def later(pause: int) -> None:
            for _ in range(pause):
                await asyncio.sleep(0)
            await board.write()

        await asyncio.gather(*map(later, pauses))
        assert board.shown == board.written == len(pauses)

    asyncio.run(scenario())


def test_many_at_once_cost_two_turns() -> None:
    async def scenario() -> None:
        board = Board()
        board.open.clear()
        first = asyncio.create_task(board.write())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        rest = [asyncio.create_task(board.write()) for _ in range(100)]
        await asyncio.sleep(0)
        board.open.set()
        await asyncio.gather(first, *rest)
        assert (board.turns, board.shown) == (2, 101)

    asyncio.run(scenario())


def test_what_fails_fails_for_all_who_share_it_and_the_next_turn_is_another() -> None:
    async def scenario() -> None:
        board = Board()
        board.fails = True
        found = await asyncio.gather(*(board.write() for _ in range(5)), return_exceptions=True)
        assert [type(each) for each in found] == [ConnectionError] * 5
        board.fails = False
        await board.write()

    asyncio.run(scenario())


def test_who_goes_away_takes_nobody_along() -> None:
    async def scenario() -> None:
        board = Board()
        board.open.clear()
        impatient, patient = (asyncio.create_task(board.write()) for _ in range(2))
        for _ in range(3):
            await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        board.open.set()
        await patient
        assert board.turns == 1

    asyncio.run(scenario())
