"""An adversary who asks without a token on every connection at once, with bodies that never end if it comes to that."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bartizan.gateway import bounds, strangers
from bartizan.gateway.bounds import READ_OCTETS
from bartizan.gateway.phase import Phase
from tests.gateway.scene import Scene, client, request, run, standing

CROWD = 150
ENDLESS = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b" " * 65536 + b"\r\n"
)


def roomy(scene: Scene) -> None:
    scene.connections = 2 * CROWD


@pytest.mark.parametrize("octets", [request(bearer=""), request(bearer="bad") * 20, ENDLESS])
def test_who_is_known_is_answered_before_the_crowd_is(octets: bytes) -> None:
    async def scenario() -> None:
        async with standing(roomy) as scene, client(scene) as known, AsyncExitStack() as stack:
            assert (await known.ask(request())).status == 200
            strangers = [await stack.enter_async_context(client(scene)) for _ in range(CROWD)]
            answers = [asyncio.ensure_future(one.answer()) for one in strangers]
            for one in strangers:
                one.send(octets)
            await asyncio.sleep(0)
            assert (await known.ask(request())).status == 200
            assert sum(answer.done() for answer in answers) < CROWD // 2
            assert {answer.status for answer in await asyncio.gather(*answers)} <= {401, 429}

    run(scenario())


def test_a_stranger_that_waits_for_its_turn_is_read_no_further() -> None:
    async def scenario() -> None:
        async with standing(roomy) as scene, client(scene) as known, AsyncExitStack() as stack:
            assert (await known.ask(request())).status == 200
            strangers = [await stack.enter_async_context(client(scene)) for _ in range(20)]
            here = scene.gateway._plane
            for one in strangers:
                one.send(request(bearer="") + b"x" * 30_000)
            for _ in range(10):
                await asyncio.sleep(0)
                waiting = [one for one in here.clients if one.held]
                assert all(one._paused for one in waiting)
            for one in strangers:
                assert (await one.answer()).status == 401

    run(scenario())


def test_a_crowd_that_was_refused_is_not_read_on() -> None:
    async def scenario() -> None:
        async with standing(roomy) as scene, AsyncExitStack() as stack:
            crowd = [await stack.enter_async_context(client(scene)) for _ in range(4 * bounds.CROWD)]
            here = scene.gateway._plane
            for one in crowd:
                one.send(ENDLESS)
            for one in crowd:
                assert (await one.answer()).status in {401, 429}
            lingering = [one for one in here.clients if one._phase is Phase.LINGERING]
            assert (
                len(lingering) <= bounds.CROWD + 2
            )  # the first, and the last ones, behind whom no crowd waits

    run(scenario())


@pytest.mark.sources
def test_bodies_that_wait_to_be_thrown_away_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "HELD_OCTETS", 8 * READ_OCTETS)

    async def scenario() -> None:
        async with standing(roomy) as scene, client(scene) as known, AsyncExitStack() as stack:
            assert (await known.ask(request())).status == 200
            pouring = [await stack.enter_async_context(client(scene)) for _ in range(30)]
            here = scene.gateway._plane
            while here.strangers.shed == 0:
                for one in pouring:
                    if not one.writer.is_closing():  # it was not the one that had to give way
                        one.send(ENDLESS)
                assert (await known.ask(request())).status == 200
                waiting = [one for one in here.clients if one.held and one._phase.name != "CLOSED"]
                assert sum(one.held for one in waiting) <= 8 * READ_OCTETS

    run(scenario())
