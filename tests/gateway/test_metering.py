"""What the gateway counts of the targets of its services: connections, who waits for one, and circuits."""

import asyncio
from collections.abc import Callable

import pytest

from bartizan.clock import SECOND
from bartizan.gateway.circuit import CLOSED, FAILURES, HALF_OPEN, OPEN, SHORTEST, Circuit
from bartizan.gateway.metering import CIRCUIT, COUNTED, QUEUED, REMEMBERED, UPSTREAM
from bartizan.gateway.service import ServiceLimits
from bartizan.metrics.board import OCTETS, Board, read
from bartizan.metrics.family import Family
from tests.gateway.scene import CHAT, Received, Scene, client, request, run, standing
from tests.gateway.test_cluster import FAILED, saying


class Counts:
    """Reads the board of a scene."""

    def __init__(self) -> None:
        self.memory = memoryview(bytearray(OCTETS))

    def prepare(self, scene: Scene) -> None:
        scene.board = Board(self.memory, ())
        scene.limits = ServiceLimits(connections=1)

    def of(self, family: Family, *values: str) -> int:
        series, dropped = read(self.memory, COUNTED)
        assert dropped == 0
        return next(
            (each.numbers[0] for each in series if (each.family, each.values) == (family, values)), -1
        )

    async def until(self, holds: Callable[["Counts"], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds(self):  # noqa: ASYNC110  # nobody tells of what is written to memory
                await asyncio.sleep(0.05)


@pytest.mark.slow
def test_connections_are_counted_as_used_or_idle_and_who_waits_for_one() -> None:
    async def scenario() -> None:
        counts, answer = Counts(), asyncio.Event()

        async def slowly(received: Received, writer: asyncio.StreamWriter) -> None:
            await answer.wait()
            await saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")(received, writer)

        async with standing(counts.prepare) as scene, client(scene) as one, client(scene) as other:
            scene.upstream.script = slowly
            one.send(request())
            other.send(request())
            await counts.until(lambda it: it.of(QUEUED, "main", "main") == 1)
            assert counts.of(UPSTREAM, "main", "main", "active") == 1
            assert counts.of(UPSTREAM, "main", "main", "idle") == 0
            assert counts.of(UPSTREAM, "spare", "main", "active") == 0
            answer.set()
            assert [(await each.answer()).status for each in (one, other)] == [200, 200]
            await counts.until(lambda it: it.of(UPSTREAM, "main", "main", "idle") == 1)
            assert counts.of(UPSTREAM, "main", "main", "active") == 0
            assert counts.of(QUEUED, "main", "main") == 0

    run(scenario())


@pytest.mark.slow
def test_a_circuit_is_counted_as_it_opens_is_tried_and_closes() -> None:
    def states(counts: Counts) -> tuple[int, int]:
        return counts.of(CIRCUIT, "main", "main", OPEN), counts.of(CIRCUIT, "main", "main", HALF_OPEN)

    async def scenario() -> None:
        counts = Counts()
        async with standing(counts.prepare) as scene, client(scene) as one:
            await counts.until(lambda it: states(it) == (0, 0))
            scene.upstream.script = saying(FAILED)
            for _ in range(FAILURES):
                await one.ask(request(body=CHAT))
            scene.clock.ahead -= 60 * SECOND  # it stays open until that was seen, however long that takes
            await counts.until(lambda it: states(it) == (1, 0))
            await scene.later(62)
            await counts.until(lambda it: states(it) == (0, 1))
            scene.upstream.script = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            assert (await one.ask(request())).status == 200
            await counts.until(lambda it: states(it) == (0, 0))
            assert counts.of(CIRCUIT, "spare", "main", OPEN) == 0

    run(scenario())


@pytest.mark.parametrize("trial", [False, True])
def test_a_circuit_says_in_which_state_it_is(trial: bool) -> None:  # noqa: FBT001
    circuit = Circuit()
    assert circuit.state(circuit.until, trial=trial) == CLOSED
    for _ in range(FAILURES):
        circuit.fail(SHORTEST)
    assert circuit.state(SHORTEST, trial=trial) == (HALF_OPEN if trial else OPEN)
    assert circuit.state(circuit.until, trial=trial) == HALF_OPEN
    circuit.succeed()
    assert circuit.state(SHORTEST, trial=trial) == CLOSED


def test_what_limiters_remember_is_counted_under_their_words() -> None:
    async def scenario() -> None:
        counts = Counts()
        async with standing(counts.prepare) as scene:
            scene.keys = (("principals", 3), ("meters", 0))
            await counts.until(lambda it: it.of(REMEMBERED, "principals") == 3)
            assert counts.of(REMEMBERED, "meters") == 0

    run(scenario())
