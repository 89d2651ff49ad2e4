"""Whom alerts are held against is in force sooner or later, whatever the disk says meanwhile."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from bartizan.app.control_ports import NotInForce
from bartizan.app.suspects import Suspects
from bartizan.clock import DAY, SECOND, Nanoseconds, SetClock

START = 1_800_000_000 * SECOND
EVE = "p-00000000000000ee"


class Force:
    """What puts a state in force, or fails to."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.times = 0

    async def publish(self) -> None:
        if self.fault is not None:
            raise self.fault
        self.times += 1


@pytest.mark.parametrize(
    "fault", [NotInForce(), OperationalError("", {}, Exception("database or disk is full"))]
)
def test_who_is_held_is_put_in_force_once_that_is_possible(fault: Exception) -> None:
    force, clock = Force(), SetClock(START)
    suspects = Suspects(clock, lambda _: None, force.publish)
    suspects.answer("principal", EVE, Nanoseconds(START + DAY))
    force.fault = fault
    with pytest.raises(type(fault)):
        asyncio.run(suspects.settle())
    force.fault = None
    for _ in range(2):
        asyncio.run(suspects.settle())
    assert (force.times, suspects.held) == (1, {EVE: START + DAY})
    clock.at += 2 * DAY
    force.fault = fault
    with pytest.raises(type(fault)):
        asyncio.run(suspects.settle())
    force.fault = None
    asyncio.run(suspects.settle())
    assert (force.times, suspects.held) == (2, {})
