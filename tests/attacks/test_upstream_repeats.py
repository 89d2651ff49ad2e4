"""An adversary who wants one request to be done, or paid for, more than once, or a service taken from all others.

They run a target, or they are a client whose requests make targets fail.
"""

import asyncio
import contextlib

import pytest

from bartizan.gateway.circuit import FAILURES
from bartizan.gateway.service import ServiceRoute, Target
from tests.gateway.scene import Received, Scene, Script, Upstream, client, request, run, standing

PATH = b"/many/v1/chat/completions"
TARGETS = 4


def saying(octets: bytes) -> Script:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)

    return script


def cut(octets: bytes) -> Script:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(octets)
        await writer.drain()
        writer.close()

    return script


async def reads_and_closes(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


BUSY = saying(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
HALF = cut(b"HTTP/1.1 503 Service Unavail")
CUT = cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
FAILED = saying(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


def prepare(scene: Scene) -> None:
    others = tuple(Target(f"t{number}", f"t{number}.example") for number in range(1, TARGETS))
    scene.services = (ServiceRoute("many", "t0.example", others=others),)
    scene.targets |= {"many": Upstream(), **{f"many/t{number}": Upstream() for number in range(1, TARGETS)}}


def upstreams(scene: Scene) -> list[Upstream]:
    return [upstream for name, upstream in scene.targets.items() if name.startswith("many")]


def received(scene: Scene) -> list[int]:
    return sorted(len(upstream.received) for upstream in upstreams(scene))


def attack(script: Script, times: int, status: int) -> list[list[int]]:
    """Ask that often of targets that all do this; return how often each was asked by then."""
    seen: list[list[int]] = []

    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as one:
            for upstream in upstreams(scene):
                upstream.script = script
            for _ in range(times):
                assert (await one.ask(request(path=PATH))).status == status
                seen.append(received(scene))
            account = scene.gateway.account()
            assert (account.admitted, account.completed, account.open) == (times, times, 0)
            for upstream in upstreams(scene):
                upstream.end()

    run(scenario())
    return seen


def test_targets_that_decline_for_ever_are_asked_once_each() -> None:
    seen = attack(BUSY, 1, 503)
    assert seen == [[1] * TARGETS]


def test_targets_that_decline_for_ever_get_fewer_requests_with_time() -> None:
    seen = attack(BUSY, 3 * FAILURES, 503)
    assert all(sum(counts) <= TARGETS * number for number, counts in enumerate(seen, 1))
    assert sum(seen[-1]) <= TARGETS * FAILURES + 2 * FAILURES


@pytest.mark.parametrize("script", [reads_and_closes, FAILED, CUT])
def test_a_request_that_a_target_may_have_done_is_sent_once(script: Script) -> None:
    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as one:
            for upstream in upstreams(scene):
                upstream.script = script
            one.send(request(path=PATH))
            with contextlib.suppress(ConnectionError):  # one that is cut
                assert (await one.answer()).status >= 500
            assert sum(received(scene)) == 1
            for upstream in upstreams(scene):
                upstream.end()

    run(scenario())


def test_half_of_a_head_that_declines_repeats_nothing() -> None:
    seen = attack(HALF, 1, 502)
    assert sum(seen[0]) == 1


def test_a_client_that_makes_every_target_fail_does_not_close_the_service_to_others() -> None:
    async def picky(got: Received, writer: asyncio.StreamWriter) -> None:
        poison = b"poison" in got.body
        await (FAILED if poison else saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))(got, writer)

    async def scenario() -> None:
        async with standing(prepare) as scene, client(scene) as bad, client(scene) as good:
            for upstream in upstreams(scene):
                upstream.script = picky
            poison = b'{"model":"m","messages":[{"role":"user","content":"poison"}]}'
            for _ in range(TARGETS * FAILURES + 3):
                assert (await bad.ask(request(path=PATH, body=poison))).status == 502
            assert len(scene.events("gateway.upstream.opened")) == TARGETS
            assert (await good.ask(request(path=PATH, bearer="other"))).status == 200
            for upstream in upstreams(scene):
                upstream.end()

    run(scenario())
