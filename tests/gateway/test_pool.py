"""Connections to the services: used again only where nothing is in doubt."""

import asyncio
import socket
from contextlib import AsyncExitStack

import pytest

from bartizan.clock import SECOND
from bartizan.gateway.bounds import DIALS
from bartizan.gateway.service import ServiceLimits, ServiceRoute
from tests.gateway.scene import ANSWER, OK, Received, Scene, client, request, run, standing, turns, until

DOUBTS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two equal lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding on 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
    "a compressed body": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "a space before a colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
    "a folded line": b"HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 2\r\n\r\n{}",
    "a bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}\r\n\r\n",
    "a NUL": b"HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 2\r\n\r\n{}",
    "another version": b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "no status": b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a status of 600": b"HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\n{}",
    "another protocol": b"SSH-2.0-x\r\n\r\n",
    "a change of protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "interim answers without end": b"HTTP/1.1 102 Processing\r\n\r\n" * 9 + OK,
    "more than its length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n",
    "a chunk extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\n{}\r\n0\r\n\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000,
    "101 fields": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101 + b"\r\n",
}


@pytest.mark.parametrize("name", DOUBTS)
def test_an_answer_in_doubt_is_a_502_and_its_connection_is_dropped(name: str) -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(DOUBTS[name])

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (502, "upstream-malformed")
            await scene.upstream.gone.wait()
            assert scene.events()[-1].detail["reason"] == "upstream-malformed"
            assert scene.gateway.account().open == 0

    run(scenario())


def test_an_answer_that_nobody_asked_for_reaches_nobody() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:

            async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
                writer.write(OK)
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned")

            scene.upstream.script = script
            assert (await one.ask(request())).body == ANSWER
            await scene.upstream.gone.wait()
            assert (await one.ask(request())).body == ANSWER
            assert scene.upstream.connections == 2

    run(scenario())


class SecondBroken:
    """A service that closes its connection instead of giving its second answer."""

    times = 0

    async def __call__(self, _received: Received, writer: asyncio.StreamWriter) -> None:
        self.times += 1
        if self.times == 2:
            writer.transport.abort()
        else:
            writer.write(OK)


def test_a_safe_request_on_a_stale_connection_is_sent_once_more() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            script = scene.upstream.script = SecondBroken()
            assert (await one.ask(request(b"GET", b"/v1/models"))).status == 200
            assert (await one.ask(request(b"GET", b"/v1/models"))).status == 200
            assert (script.times, scene.upstream.connections) == (3, 2)
            assert len(scene.events("gateway.request.completed")) == 2

    run(scenario())


def test_an_unsafe_request_is_never_sent_twice() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            script = scene.upstream.script = SecondBroken()
            assert (await one.ask(request())).status == 200
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (502, "upstream-closed")
            assert script.times == 2

    run(scenario())


def test_a_safe_request_is_not_repeated_for_ever() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request(b"GET", b"/v1/models"))
            assert answer.reason == "upstream-closed"
            assert len(scene.upstream.received) == 1

    run(scenario())


def test_a_service_that_cannot_be_reached_is_a_502() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.unreachable = True
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (502, "upstream-unreachable")
            scene.unreachable = False
            assert (await one.ask(request())).status == 200
            assert [event.detail["status"] for event in scene.events("gateway.request.completed")] == [
                502,
                200,
            ]

    run(scenario())


def test_a_dial_that_hangs_is_given_up() -> None:
    async def scenario() -> None:
        dialled = asyncio.Event()

        def prepare(scene: Scene) -> None:
            async def hang(*_where: str) -> object:
                dialled.set()
                await asyncio.sleep(60)
                raise AssertionError

            scene.dial = hang  # type: ignore[assignment,method-assign]  # a dialer that does not answer

        async with standing(prepare) as scene, client(scene) as one:
            one.send(request())
            await dialled.wait()
            await scene.later(11)
            answer = await one.answer()
            assert (answer.status, answer.reason) == (502, "upstream-unreachable")

    run(scenario())


def test_connections_and_waiting_requests_are_bounded() -> None:
    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            scene.limits = ServiceLimits(connections=2, waiting=1)

        async with standing(prepare) as scene:
            release = asyncio.Event()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                await release.wait()
                writer.write(OK)

            scene.upstream.script = wait
            async with client(scene) as a, client(scene) as b, client(scene) as c, client(scene) as d:
                for each in (a, b, c):
                    each.send(request())
                    await turns()
                answer = await d.ask(request())
                assert (answer.status, answer.reason) == (503, "upstream-busy")
                assert scene.upstream.connections == 2
                release.set()
                assert [(await each.answer()).status for each in (a, b, c)] == [200, 200, 200]
                assert scene.upstream.connections == 2

    run(scenario())


def test_a_connection_from_before_the_first_sweep_is_kept() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(request())).status == 200
            await scene.later(1)
            assert (await one.ask(request())).status == 200
            assert scene.upstream.connections == 1

    run(scenario())


def test_who_waits_in_vain_for_a_busy_service_is_told_so() -> None:
    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            scene.limits = ServiceLimits(connections=1)

        async def never(_received: Received, _writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        async with standing(prepare) as scene, client(scene) as one, client(scene) as other:
            scene.upstream.script = never
            one.send(request())
            await until(lambda: scene.upstream.received)
            other.send(request())
            await turns()
            await scene.later(11)
            answer = await other.answer()
            assert (answer.status, answer.reason) == (503, "upstream-busy")
            assert scene.gateway.account().open == 1

    run(scenario())


@pytest.mark.parametrize("connections", [1, 3])
def test_where_nobody_may_wait_as_many_are_served_as_there_are_connections(connections: int) -> None:
    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            scene.limits = ServiceLimits(connections=connections, waiting=0)

        async with standing(prepare) as scene, AsyncExitStack() as stack:
            release = asyncio.Event()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                await release.wait()
                writer.write(OK)

            scene.upstream.script = wait
            served = [await stack.enter_async_context(client(scene)) for _ in range(connections)]
            for each in served:
                each.send(request())
            async with client(scene) as other:
                await until(lambda: scene.upstream.connections == connections)
                answer = await other.ask(request())
                assert (answer.status, answer.reason) == (503, "upstream-busy")
            release.set()
            assert [(await each.answer()).status for each in served] == [200] * connections

    run(scenario())


def test_a_dialer_that_fails_in_an_unforeseen_way_ends_the_request_and_is_told_of() -> None:
    async def scenario() -> None:
        failed: list[str] = []
        told: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: told.append(context.get("exception")))

        def prepare(scene: Scene) -> None:
            scene.limits = ServiceLimits(connections=1)
            honest = scene.dial

            async def fails_once(service: str, target: str) -> socket.socket:
                failed.append(service)
                if len(failed) == 1:
                    raise RuntimeError("planted")
                return await honest(service, target)

            scene.dial = fails_once  # type: ignore[method-assign]  # the fault

        async with standing(prepare) as scene, client(scene) as one, client(scene) as other:
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (502, "upstream-unreachable")
            assert (await other.ask(request())).status == 200
            assert [type(fault) for fault in told] == [RuntimeError]
            (completed, _) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == "upstream-unreachable"

    run(scenario())


def test_an_idle_connection_is_closed_after_a_minute() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(request())).status == 200
            await scene.later(0)
            await scene.later(61)
            await scene.upstream.gone.wait()

    run(scenario())


def test_one_that_the_service_wants_closed_is_not_used_again() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK.replace(b"Server: ", b"Connection: close\r\nServer: "))

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            for _ in range(3):
                assert (await one.ask(request())).status == 200
            assert scene.upstream.connections == 3

    run(scenario())


def test_one_service_that_does_not_answer_takes_few_dials() -> None:
    async def scenario() -> None:
        dialled: list[str] = []

        def prepare(scene: Scene) -> None:
            honest = scene.dial

            async def hang(service: str, target: str) -> socket.socket:
                dialled.append(service)
                if service == "main":
                    await asyncio.sleep(60)
                return await honest(service, target)

            scene.dial = hang  # type: ignore[method-assign]  # a service that does not answer

        async with standing(prepare) as scene, AsyncExitStack() as stack:
            for _ in range(DIALS + 8):
                (await stack.enter_async_context(client(scene))).send(request())
            await until(lambda: len(dialled) >= DIALS)
            await turns()  # would be enough for more
            assert dialled == ["main"] * DIALS
            async with client(scene) as other:
                assert (await other.ask(request(path=b"/spare/v1/chat/completions"))).status == 200

    run(scenario())


def lines(scene: Scene) -> dict[str, int]:
    """Return how many connections there are to each service that has any."""
    return {line.service.name: len(line) for line in scene.gateway._plane.pool.lines() if len(line)}


def test_of_all_connections_together_the_one_that_was_idle_for_longest_makes_room() -> None:
    def few(scene: Scene) -> None:
        scene.upstreams = 2
        scene.services = (ServiceRoute("third", "third"),)
        scene.targets["third"] = scene.upstream

    async def scenario() -> None:
        async with standing(few) as scene, client(scene) as one:
            for path, left in (
                (b"/v1", {"main"}),
                (b"/spare/v1", {"main", "spare"}),
                (b"/v1", {"main", "spare"}),
                (b"/third/v1", {"main", "third"}),
                (b"/spare/v1", {"third", "spare"}),
            ):
                assert (await one.ask(request(b"POST", path + b"/chat/completions"))).status == 200
                await until(lambda left=left: lines(scene) == dict.fromkeys(left, 1))  # type: ignore[misc]
                scene.clock.ahead += SECOND
                scene.gateway._plane.pool.sweep(scene.clock.now())

    run(scenario())


def test_those_who_are_busy_make_no_room() -> None:
    def few(scene: Scene) -> None:
        scene.upstreams = 1

    async def scenario() -> None:
        async with standing(few) as scene, client(scene) as one, client(scene) as other:
            answered = asyncio.Event()

            async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
                await answered.wait()
                writer.write(OK)

            scene.upstream.script = script
            first = asyncio.ensure_future(one.ask(request()))
            await until(lambda: len(scene.upstream.received) == 1)
            second = asyncio.ensure_future(other.ask(request(b"POST", b"/spare/v1/chat/completions")))
            await until(lambda: len(scene.upstream.received) == 2)
            assert lines(scene) == {"main": 1, "spare": 1}
            answered.set()
            assert ((await first).status, (await second).status) == (200, 200)

    run(scenario())
