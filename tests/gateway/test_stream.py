"""Answers on their way back: as they come, under back-pressure, and to a recorded end."""

import asyncio

import pytest

from bartizan.ledger.event import Outcome
from tests.gateway.scene import DRILL, Received, client, request, run, standing, turns, until

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(number: int) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%d"}}]}\n\n' % number


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":11}}\n\n'


def test_events_arrive_one_by_one_as_they_are_sent() -> None:
    """Each event is sent only once the client has the one before: any that is held back would stop it all."""
    taken = asyncio.Queue[None]()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE)
        for number in range(20):
            writer.write(chunk(event(number)))
            await taken.get()
        writer.write(chunk(USAGE) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request(body=b'{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true}'))
            head = await one.reader.readuntil(b"\r\n\r\n")
            assert b"transfer-encoding: chunked" in head
            for number in range(20):
                piece = chunk(event(number))
                assert await one.reader.readexactly(len(piece)) == piece
                taken.put_nowait(None)
            rest = await one.reader.readuntil(b"0\r\n\r\n")
            assert rest == chunk(USAGE) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
            (received,) = scene.upstream.received
            assert received.header(b"accept") == b"text/event-stream"
            completed = scene.events()[-1]
            assert (completed.detail["input"], completed.detail["output"]) == (7, 11)
            assert completed.detail["octets"] == sum(len(event(n)) for n in range(20)) + len(USAGE) + 14

    run(scenario())


def test_chunks_that_arrive_together_stay_apart() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + chunk(event(1)) + chunk(event(2)) + chunk(event(3)) + b"0\r\n\r\n")

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request())
            await one.reader.readuntil(b"\r\n\r\n")
            assert await one.reader.readuntil(b"\r\n0\r\n\r\n") == (
                chunk(event(1)) + chunk(event(2)) + chunk(event(3)) + b"0\r\n\r\n"
            )

    run(scenario())


def test_a_slow_client_slows_the_service() -> None:
    written = 0

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(SSE)
        for _ in range(2000):
            writer.write(chunk(b"x" * 65536))
            await writer.drain()
            written += 65536
        writer.write(b"0\r\n\r\n")

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads, too
            one.send(request())
            stood = -1
            while written != stood:  # for ever, or to its end, where nobody holds it up
                stood = written
                await asyncio.sleep(0.3)
            assert stood < 40_000_000  # what kernels and one buffer hold, of 131 MB
            one.writer.transport.resume_reading()  # type: ignore[attr-defined]  # a transport that reads, too
            answer = await one.answer()
            assert len(answer.body) == 2000 * 65536

    run(scenario())


def test_a_client_that_leaves_ends_its_request_at_the_service() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + chunk(event(1)))
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing() as scene:
            scene.upstream.script = script
            async with client(scene) as one:
                one.send(request())
                await one.reader.readuntil(b"\r\n\r\n")
            await scene.upstream.gone.wait()
            completed = scene.events()[-1]
            assert completed.outcome is Outcome.FAILED
            assert (completed.detail["status"], completed.detail["reason"]) == (499, "client-gone")
            assert scene.gateway.account().open == 0

    run(scenario())


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_a_client_that_leaves_at_the_last_event_has_had_its_answer(end: bytes) -> None:
    """The API's own client reads no further than that, whether the framing of the body has ended or not."""
    last = chunk(b"data: [DONE]" + end)

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + chunk(event(1)) + chunk(USAGE) + last)
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing() as scene:
            scene.upstream.script = script
            async with client(scene) as one:
                one.send(request())
                await one.reader.readuntil(last)
            await scene.upstream.gone.wait()
            completed = scene.events()[-1]
            assert completed.outcome is Outcome.DONE
            assert (completed.detail["status"], completed.detail["reason"]) == (200, "done")
            assert completed.detail["output"] == 11
            assert scene.gateway.account().open == 0

    run(scenario())


def test_a_stream_of_a_revoked_principal_is_cut_within_a_second() -> None:
    """A second of the loop on which the stream comes: where the machine stands still, that does too."""
    said: list[int] = []

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE)
        said.append(0)
        mine = len(said) - 1
        while True:
            writer.write(chunk(event(1)))
            said[mine] += 1
            await asyncio.sleep(0.05)

    async def scenario() -> None:
        async with standing() as scene, client(scene) as cut, client(scene) as spared:
            scene.upstream.script = script
            cut.send(request())
            spared.send(request(bearer="other"))
            await cut.reader.readuntil(b"\r\n\r\n")
            await spared.reader.readuntil(b"\r\n\r\n")
            scene.revoked.add(DRILL.principal.id)
            scene.number = 2
            before = max(said)
            await cut.closed()
            assert max(said) - before < 20
            await scene.upstream.gone.wait()
            assert await spared.reader.readexactly(10)
            completed = scene.events("gateway.request.completed")
            assert [event.detail["reason"] for event in completed] == ["principal-revoked"]

    run(scenario())


def test_an_answer_that_breaks_off_is_broken_off() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + chunk(event(1)))
        await writer.drain()
        await turns()
        writer.transport.abort()

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            with pytest.raises(ConnectionError):
                await one.ask(request())
            completed = scene.events()[-1]
            assert completed.detail["reason"] == "upstream-closed"
            assert completed.outcome is Outcome.FAILED

    run(scenario())


def test_an_answer_that_ends_with_its_connection_is_passed_on_whole() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(3):
            writer.write(b"abc")
            await asyncio.sleep(0.01)
        writer.close()

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert (answer.status, answer.body) == (200, b"abcabcabc")
            assert answer.headers[b"transfer-encoding"] == b"chunked"
            assert (await one.ask(request())).status == 200
            assert scene.upstream.connections == 2

    run(scenario())


@pytest.mark.parametrize(
    ("status", "becomes", "reason"),
    [
        (301, 502, "upstream-redirect"),
        (307, 502, "upstream-redirect"),
        (401, 502, "upstream-credential"),
        (403, 502, "upstream-credential"),
        (407, 502, "upstream-credential"),
        (500, 502, "upstream-failed"),
        (503, 503, "upstream-unavailable"),
        (504, 504, "upstream-timeout"),
        (599, 502, "upstream-failed"),
    ],
)
def test_what_concerns_us_and_the_service_alone_is_not_passed_on(
    status: int, becomes: int, reason: str
) -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: text/html\r\nLocation: http://inside/\r\nContent-Length: 6\r\n\r\nsecret"
            % status
        )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (becomes, reason)
            assert b"secret" not in answer.body
            assert b"location" not in answer.headers
            completed = scene.events()[-1]
            assert (completed.detail["status"], completed.detail["reason"]) == (becomes, reason)
            assert (await one.ask(request())).status == becomes

    run(scenario())


@pytest.mark.parametrize("status", [400, 404, 422, 429])
def test_what_concerns_the_client_is_passed_on(status: int) -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}"
            % status
        )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert (answer.status, answer.body, answer.headers[b"retry-after"]) == (status, b"{}", b"7")

    run(scenario())


def test_an_answer_without_a_body_has_none() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
        )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            for _ in range(2):
                answer = await one.ask(request())
                assert (answer.status, answer.body) == (204, b"")
                assert b"content-length" not in answer.headers

    run(scenario())


def test_a_service_that_does_not_answer_in_time_is_given_up() -> None:
    async def script(_received: Received, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request())
            await until(lambda: scene.upstream.received)
            await scene.later(0)  # its time is counted from the sweep that finds it waiting
            await scene.later(601)
            await scene.later(0)
            answer = await one.answer()
            assert (answer.status, answer.reason) == (504, "upstream-timeout")
            await scene.upstream.gone.wait()

    run(scenario())
