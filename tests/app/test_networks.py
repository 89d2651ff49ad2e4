"""What strangers of a network get of several workers together, and how often that makes anybody ask a server."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.app.networks import EVERY, UNTOLD, Networks
from bartizan.app.networks import Sums as Summing
from bartizan.clock import MICROSECOND, MILLISECOND, SECOND, Nanoseconds
from bartizan.store.gauge import Rate
from bartizan.store.limits import MemoryLimiter
from bartizan.store.valkey import Valkey
from bartizan.store.valkey_sums import MOST, SUM, Debts, ValkeySums
from tests.store.engines import connected
from tests.valkey import serving

START = Nanoseconds(1_800_000_000 * SECOND)
RATE = Rate(Nanoseconds(50 * MILLISECOND), 20)
TICK = Nanoseconds(100 * MILLISECOND)
"""How often a worker looks."""


class Sums:
    """Who sums up, as it is told to be; remembers what it was told."""

    def __init__(self) -> None:
        self.up, self.told = True, list[tuple[tuple[str, Nanoseconds], ...]]()
        self.coming = list[asyncio.Future[Debts]]()

    def add(self, sums: tuple[tuple[str, Nanoseconds], ...]) -> "asyncio.Future[Debts]":
        self.told.append(sums)
        self.coming.append(asyncio.get_running_loop().create_future())
        return self.coming[-1]


class Worker:
    """One worker, as far as strangers are concerned."""

    def __init__(self, sums: Summing | None) -> None:
        self.limiter = MemoryLimiter()
        self.networks = Networks(self.limiter, RATE, sums, lambda address: address.partition(" ")[0])

    def ask(self, address: str, now: Nanoseconds) -> bool:
        passes = self.limiter.ask(address, now, RATE) <= 0
        if passes:
            self.networks.count(address)
        return passes


class Machines:
    """Workers of several machines, which know one server and have names of their own for every network."""

    def __init__(self, loop: asyncio.AbstractEventLoop, valkey: Valkey, count: int) -> None:
        self.loop, self.valkey, self.now = loop, valkey, START
        self.workers = [Worker(self) for _ in range(count)]
        self.sums = ValkeySums(valkey, lambda: self.now // MICROSECOND)
        self.calls, self.waiting, self.prefix = 0, list[asyncio.Future[Debts]](), ""

    @property
    def up(self) -> bool:
        return self.valkey.up

    def add(self, sums: tuple[tuple[str, Nanoseconds], ...]) -> "asyncio.Future[Debts]":
        self.calls += 1
        answer = self.sums.add(tuple((self.prefix + network, more) for network, more in sums))
        self.waiting.append(answer)
        return answer

    def wait(self, span: int) -> None:
        """Let time pass, in which every worker looks ten times a second."""
        end = self.now + span
        while self.now < end:
            self.now = Nanoseconds(min(end, self.now + TICK))
            for worker in self.workers:
                worker.networks.exchange(self.now)
            self.loop.run_until_complete(self._answers())

    async def _answers(self) -> None:
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            await each
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def valkey() -> Iterator[tuple[asyncio.AbstractEventLoop, Valkey]]:
    with ExitStack() as stack:
        loop = stack.enter_context(closing(asyncio.new_event_loop()))
        found = loop.run_until_complete(connected(stack.enter_context(serving()), scripts=(SUM,)))
        stack.callback(lambda: loop.run_until_complete(asyncio.sleep(0)))
        stack.callback(found.close)
        yield loop, found


def most(workers: int, span: int) -> int:
    """Return what docs/gateway.md promises that strangers of one network get in any time of this length."""
    return RATE.burst + span // RATE.interval + workers * (RATE.burst + 2 * (EVERY + TICK) // RATE.interval)


names = iter(range(1_000_000))
STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 20 * MILLISECOND, TICK, 3 * TICK, EVERY, 3 * EVERY, 20 * EVERY)),
        st.integers(0, 3),
        st.sampled_from((1, 1, 5, 30)),
    ),
    max_size=60,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(steps=STEPS, count=st.integers(1, 4))
def test_in_any_time_a_network_gets_what_one_worker_gives_and_a_burst_of_each(
    valkey: tuple[asyncio.AbstractEventLoop, Valkey], steps: list[tuple[int, int, int]], count: int
) -> None:
    machines = Machines(*valkey, count)
    machines.prefix, passed = f"{next(names)} ", list[Nanoseconds]()
    for gap, worker, requests in steps:
        machines.wait(gap)
        one = machines.workers[worker % count]
        passed += [machines.now for _ in range(requests) if one.ask(f"net a-{worker % count}", machines.now)]
    for first, earlier in enumerate(passed):
        for last, later in enumerate(passed[first:], 1):
            assert last <= most(count, later - earlier)


def test_who_goes_from_machine_to_machine_gains_little_and_makes_nobody_ask_more_often(
    valkey: tuple[asyncio.AbstractEventLoop, Valkey],
) -> None:
    machines = Machines(*valkey, 4)
    machines.prefix, asked, passed = f"{next(names)} ", 0, 0
    for _ in range(600):
        for number, worker in enumerate(machines.workers):
            asked += 10
            passed += sum(worker.ask(f"net a-{number}", machines.now) for _ in range(10))
        machines.wait(TICK)
    assert asked == 24_000
    assert 1200 <= passed <= most(4, 60 * SECOND)  # each for itself would have let 4,880 pass
    assert machines.calls <= 4 * 60
    machines.wait(10 * SECOND)
    assert machines.workers[0].ask("net a-0", machines.now)  # what was owed is paid at last


def test_one_call_is_under_way_and_tells_of_those_that_asked_most() -> None:
    async def scenario() -> None:
        sums = Sums()
        worker, now = Worker(sums), START
        for number in range(2 * MOST):
            for _ in range(1 + number // MOST):
                assert worker.ask(f"{number} a-{number}", now)
        worker.networks.exchange(now)
        (told,) = sums.told
        assert {network for network, _ in told} == {str(number) for number in range(MOST, 2 * MOST)}
        assert {more for _, more in told} == {2 * RATE.interval}
        later = Nanoseconds(now + 10 * SECOND)
        worker.networks.exchange(later)
        assert len(sums.told) == 1  # nobody answered yet
        sums.coming[0].set_result(tuple(Nanoseconds(SECOND) for _ in told))
        await asyncio.sleep(0)
        worker.networks.exchange(later)
        assert {network for network, _ in sums.told[1]} == {str(number) for number in range(MOST)}

    asyncio.run(scenario())


def test_where_nobody_sums_up_each_worker_goes_by_what_it_knows() -> None:
    async def scenario() -> None:
        sums = Sums()
        worker, alone = Worker(sums), Worker(None)
        sums.up = False
        for one in (worker, alone):
            assert [one.ask("net a-1", START) for _ in range(RATE.burst + 1)] == [True] * RATE.burst + [False]
            one.networks.exchange(START)
        assert sums.told == []
        sums.up = True
        worker.networks.exchange(START)
        sums.coming[0].set_result(())  # it did not answer in time
        await asyncio.sleep(0)
        later = Nanoseconds(START + RATE.interval)
        assert [worker.ask("net a-1", later) for _ in range(2)] == [True, False]

    asyncio.run(scenario())


def test_no_flood_of_networks_fills_the_memory() -> None:
    sums = Sums()
    worker = Worker(sums)
    for number in range(UNTOLD + 1000):
        worker.networks.count(f"{number} a-{number}")
    assert len(worker.networks) == UNTOLD
    worker.networks.count("0 a-0")
    assert len(worker.networks) == UNTOLD
