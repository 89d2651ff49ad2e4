"""A client's connection: requests in turn, nothing lost, nothing unbounded."""

import asyncio

import pytest

from tests.gateway.scene import (
    ANSWER,
    CHAT,
    OK,
    Received,
    Scene,
    client,
    request,
    run,
    standing,
    turns,
    until,
)


def test_one_connection_serves_many_requests_over_one_upstream_connection() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for _ in range(50):
                assert (await one.ask(request())).status == 200
            assert len(scene.upstream.received) == 50
            assert scene.upstream.connections == 1

    run(scenario())


def test_pipelined_requests_are_answered_one_after_the_other() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request() + request(b"GET", b"/v1/models") + request(bearer="") + request())
            answers = [await one.answer() for _ in range(4)]
            assert [answer.status for answer in answers] == [200, 200, 401, 200]
            assert [received.method for received in scene.upstream.received] == [b"POST", b"GET", b"POST"]
            assert scene.upstream.connections == 1

    run(scenario())


def test_thousands_of_refused_requests_ahead_do_not_nest() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
            one.send(octets * 3000 + request())
            for _ in range(3000):
                assert (await one.answer()).status == 404
            assert (await one.answer()).status == 200

    run(scenario())


def test_what_comes_ahead_waits_and_is_not_lost() -> None:
    """The next request's body is larger than what may wait: reading pauses, and goes on."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            long = CHAT.replace(b"hi", b"h" * 1_000_000)
            release = asyncio.Event()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                await release.wait()
                writer.write(OK)

            scene.upstream.script = wait
            one.send(request() + request(body=long))
            await turns()
            assert len(scene.upstream.received) == 1
            release.set()
            assert (await one.answer()).status == 200
            assert (await one.answer()).status == 200
            assert scene.upstream.received[1].body == long

    run(scenario())


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_request_may_come_in_any_pieces(size: int) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = request() + request(b"GET", b"/v1/models")
            for at in range(0, len(octets), size):
                one.send(octets[at : at + size])
                await asyncio.sleep(0)
            assert [(await one.answer()).status for _ in range(2)] == [200, 200]
            assert len(scene.upstream.received) == 2

    run(scenario())


def test_who_expects_a_word_before_the_body_gets_it() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = request(b"POST", b"/v1/chat/completions", CHAT, b"Expect: 100-continue")
            head, body = octets[: -len(CHAT)], octets[-len(CHAT) :]
            one.send(head)
            assert await one.reader.readexactly(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert (await one.ask(body)).status == 200

    run(scenario())


def test_who_expects_a_word_and_is_refused_gets_the_refusal_instead() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = request(b"POST", b"/v1/chat/completions", CHAT, b"Expect: 100-continue", bearer="")
            answer = await one.ask(octets[: -len(CHAT)])
            assert answer.status == 401

    run(scenario())


def test_a_client_that_wants_to_close_is_closed_to() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, b"Connection: close"))
            assert (answer.status, answer.headers[b"connection"]) == (200, b"close")
            assert await one.closed() == b""

    run(scenario())


def test_http_1_0_is_answered_and_closed_to() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request().replace(b"HTTP/1.1", b"HTTP/1.0"))
            head, _, body = (await one.closed()).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"connection: close" in head
            assert body == ANSWER

    run(scenario())


def test_head_gets_the_head_alone() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"HEAD", b"/v1/models"), b"HEAD")
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers[b"content-length"] == b"%d" % len(ANSWER)
            assert scene.upstream.received[0].method == b"GET"
            assert (await one.ask(request())).status == 200

    run(scenario())


def test_an_answer_has_our_fields_and_only_the_allowed_ones_of_the_service() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b\r\nServer: x\r\n"
            b"X-Powered-By: y\r\nLocation: z\r\nAlt-Svc: h3\r\nStrict-Transport-Security: max-age=1\r\n"
            b"OpenAI-Processing-Ms: 5\r\nX-RateLimit-Remaining-Tokens: 9\r\nX-Request-Id: theirs\r\n"
            b"Cache-Control: no-cache\r\nContent-Length: 2\r\n\r\n{}"
        )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert answer.headers.pop(b"x-request-id").startswith(b"q-")
            assert answer.headers.pop(b"date").endswith(b"GMT")
            assert answer.headers == {
                b"content-type": b"application/json",
                b"cache-control": b"no-cache",
                b"openai-processing-ms": b"5",
                b"x-ratelimit-remaining-tokens": b"9",
                b"ratelimit-policy": b'"requests";q=600;w=60',
                b"ratelimit": b'"requests";r=60;t=0',
                b"content-length": b"2",
                b"x-content-type-options": b"nosniff",
                b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; sandbox",
                b"referrer-policy": b"no-referrer",
            }

    run(scenario())


def test_a_drained_gateway_finishes_what_is_open_and_takes_nothing_new() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as busy, client(scene) as idle:
            release = asyncio.Event()

            async def wait(_received: Received, writer: asyncio.StreamWriter) -> None:
                await release.wait()
                writer.write(OK)

            scene.upstream.script = wait
            await idle.ask(request(bearer=""))
            busy.send(request())
            await until(lambda: scene.upstream.received)
            draining = asyncio.ensure_future(scene.gateway.drain(5))
            assert await idle.closed() == b""
            release.set()
            answer = await busy.answer()
            assert (answer.status, answer.headers[b"connection"]) == (200, b"close")
            await draining
            account = scene.gateway.account()
            assert (account.admitted, account.completed, account.open) == (1, 1, 0)

    run(scenario())


def test_what_outlasts_the_drain_is_cut_and_recorded() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:

            async def never(_received: Received, _writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(60)

            scene.upstream.script = never
            one.send(request())
            await until(lambda: scene.upstream.received)
            await scene.gateway.drain(0.1)
            assert await one.closed() == b""
            assert scene.events()[-1].detail["reason"] == "draining"
            assert scene.gateway.account().open == 0

    run(scenario())


def test_a_client_that_reads_nothing_is_shed() -> None:
    written = 0

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(1000):
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
            written += 1

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads, too
            one.send(request())
            stood = -1
            while written != stood:  # till nobody takes any more of it
                stood = written
                await turns()
            await scene.later(31)
            await scene.later(1)
            assert scene.events()[-1].detail["reason"] == "client-gone"

    run(scenario())


def test_a_fault_of_a_port_ends_the_connection_and_forwards_nothing() -> None:
    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            def broken(*_: object) -> object:
                raise RuntimeError("planted")

            scene.authenticate = broken  # type: ignore[assignment,method-assign]  # the fault

        said: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
        async with standing(prepare) as scene:
            async with client(scene) as one:
                one.send(request())
                assert await one.closed() == b""
            assert scene.upstream.received == []
        assert len(said) == 1

    run(scenario())
