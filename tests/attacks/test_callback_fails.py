"""An adversary who has found a way to make the gateway's own code fail in the middle of a request."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bartizan.gateway.callback import CallbackFailed
from tests.gateway.scene import ANSWER, Received, Scene, client, request, run, standing, turns, until


class Planted(Exception):
    pass


def fails(kind: type[Exception]) -> Callable[..., Any]:
    def function(*_arguments: object, **_named: object) -> None:
        raise kind(5, "planted")

    return function


def at_head(scene: Scene, kind: type[Exception]) -> None:
    scene.authenticate = fails(kind)  # type: ignore[method-assign]  # the planted failure


def at_body(scene: Scene, kind: type[Exception]) -> None:
    scene.authorize = fails(kind)  # type: ignore[method-assign]  # the planted failure


PLACES = {"head": at_head, "body": at_body}


@pytest.mark.parametrize("kind", [Planted, OSError, ConnectionResetError])
@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize("place", PLACES)
def test_a_failure_ends_the_connection_and_is_heard(place: str, pieces: int, kind: type[Exception]) -> None:
    async def scenario() -> None:
        heard: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: heard.append(context["exception"])
        )
        async with standing(lambda scene: PLACES[place](scene, kind)) as scene:
            async with client(scene) as one:
                octets = request()
                for start in range(0, len(octets), -(-len(octets) // pieces)):
                    one.send(octets[start : start - (-len(octets) // pieces)])
                    await turns()
                assert await one.closed() == b""
            await until(lambda: not scene.gateway._plane.clients)
            assert scene.upstream.received == []
            (fault,) = heard
            assert isinstance(fault, CallbackFailed)
            assert isinstance(fault.__cause__, kind)

    run(scenario())


@pytest.mark.parametrize("kind", [Planted, OSError])
@pytest.mark.parametrize("part", ["head_for_client", "usage"])
def test_a_failure_on_the_way_back_ends_the_connection(
    part: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"bartizan.gateway.stream.{part}", fails(kind))

    async def scenario() -> None:
        heard: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: heard.append(context["exception"])
        )
        async with standing() as scene:
            async with client(scene) as one:
                one.send(request())
                assert await one.closed() == b""
            assert len(scene.upstream.received) == 1
            assert any(isinstance(fault, CallbackFailed) for fault in heard)
            assert [event.kind for event in scene.events()][:1] == ["gateway.request.admitted"]
            assert scene.gateway.account().open == 0

    run(scenario())


def test_a_failing_sweep_does_not_stop_the_clocks_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        async with standing() as scene, client(scene) as one, client(scene) as two:
            swept = asyncio.Event()

            async def slow(_received: Received, writer: asyncio.StreamWriter) -> None:
                await swept.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER))

            scene.upstream.script = slow
            one.send(request())
            await until(lambda: scene.upstream.received)
            monkeypatch.setattr("bartizan.gateway.protocol.ClientConnection._sweep_head", fails(Planted))
            await scene.later(11)
            assert await two.closed() == b""
            swept.set()
            assert (await one.answer()).status == 200

    run(scenario())
