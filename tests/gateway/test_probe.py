"""What a worker says to who watches it: one word, to anybody, unrecorded, and never better than it is."""

import asyncio

from tests.gateway.scene import client, request, run, standing, turns


def probe(path: bytes, method: bytes = b"GET") -> bytes:
    return request(method, path, b"", bearer="")


def test_a_worker_that_serves_is_alive_and_ready() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for path in (b"/healthz", b"/readyz"):
                answer = await one.ask(probe(path), b"GET")
                assert (answer.status, answer.body) == (200, b'{"status":"serving"}')
                assert answer.headers[b"cache-control"] == b"no-store"
                head = await one.ask(probe(path, b"HEAD"), b"HEAD")
                assert (head.status, head.body) == (200, b"")
                assert (await one.ask(probe(path, b"POST"))).status == 405
            assert [event for event in scene.events() if event.detail.get("status") != 405] == []

    run(scenario())


def test_without_a_state_to_decide_on_it_lives_and_is_not_ready() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.number = -1
            alive = await one.ask(probe(b"/healthz"), b"GET")
            ready = await one.ask(probe(b"/readyz"), b"GET")
            assert (alive.status, ready.status, ready.body) == (200, 503, b'{"status":"control-unavailable"}')
            assert (await one.ask(probe(b"/readyz", b"HEAD"), b"HEAD")).status == 503
            scene.number = 2
            assert (await one.ask(probe(b"/readyz"), b"GET")).status == 200

    run(scenario())


def test_on_its_way_out_it_is_not_ready() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(probe(b"/readyz")[:-2])
            await turns()
            draining = asyncio.ensure_future(scene.gateway.drain(1))
            await asyncio.sleep(0)
            one.send(b"\r\n")
            assert (await one.answer(b"GET")).status == 503
            await draining

    run(scenario())


def test_without_a_record_it_is_not_ready() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.gateway._plane.turn.fail()
            answer = await one.ask(probe(b"/readyz"), b"GET")
            assert (answer.status, answer.reason) == (503, "record-unavailable")

    run(scenario())
