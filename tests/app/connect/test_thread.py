"""Tests of work aside: its caller gets what it raises, whatever that is, and never waits for what has ended."""

import asyncio

import pytest

from bartizan.app.connect.thread import aside


def test_what_work_returns_is_returned() -> None:
    assert asyncio.run(aside(lambda: 7)) == 7


@pytest.mark.parametrize("fault", [ValueError("no"), GeneratorExit("ended"), MemoryError()], ids=repr)
def test_what_work_raises_is_raised(fault: BaseException) -> None:
    def work() -> None:
        raise fault

    async def waited() -> None:
        await asyncio.wait_for(aside(work), 60)

    with pytest.raises(type(fault)):
        asyncio.run(waited())
