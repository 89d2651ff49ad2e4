"""A worker's question about a held request has one answer, and none in time is no."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest

from bartizan.app import holding
from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, pair
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.holding import MOST, Holding
from bartizan.gateway.held import AWAY, DENIED, FULL, HELD
from bartizan.gateway.inspected import ALLOW, HOLD, Said


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    ours, theirs = pair()
    theirs.setblocking(False)
    with closing(Channel(ours, w.WorkerReports)) as supervisor, closing(Channel(theirs)) as worker:
        yield supervisor, worker


def ask(holds: Holding) -> "asyncio.Future[Said]":
    return holds.ask("shop", "q-0000000000000001", "p-00000000000000ee", "0" * 64, "secret")


@pytest.mark.parametrize(
    ("word", "action", "reason"),
    [
        ("released", ALLOW, ""),
        ("waiting", HOLD, HELD),
        ("denied", HOLD, DENIED),
        ("full", HOLD, FULL),
        ("unavailable", HOLD, AWAY),
    ],
)
def test_an_answer_says_what_becomes_of_it(
    ends: tuple[Channel, Channel], word: str, action: str, reason: str
) -> None:
    supervisor, worker = ends

    async def scene() -> Said:
        holds = Holding(worker)
        said = ask(holds)
        asked: HoldAsked = supervisor.receive()[0]
        holds.answered(HoldAnswered(ticket=asked.ticket + 1, word="released"), [])
        assert not said.done()
        answer = HoldAnswered(ticket=asked.ticket, word=word, held="q-00000000000000aa")  # type: ignore[arg-type]
        holds.answered(answer, [])
        holds.answered(HoldAnswered(ticket=asked.ticket, word="released"), [])
        return await said

    said = asyncio.run(scene())
    assert (said.action, said.reason) == (action, reason)
    assert ("q-00000000000000aa" in said.what) is (word == "waiting")


def test_without_an_answer_in_time_it_is_no(
    ends: tuple[Channel, Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "PATIENCE_SECONDS", 0.01)

    async def scene() -> Said:
        return await ask(Holding(ends[1]))

    assert asyncio.run(scene()) == Said(HOLD, AWAY)


def test_only_so_many_are_open_and_a_supervisor_that_is_gone_is_no(ends: tuple[Channel, Channel]) -> None:
    supervisor, worker = ends

    async def scene() -> list[Said]:
        holds = Holding(worker)
        several = [ask(holds) for _ in range(MOST)]
        over = ask(holds)
        supervisor.close()
        gone = ask(Holding(worker))
        assert not any(each.done() for each in several)
        return [await over, await gone]

    assert asyncio.run(scene()) == [Said(HOLD, AWAY)] * 2
