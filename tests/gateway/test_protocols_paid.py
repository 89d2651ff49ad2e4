"""Each protocol's answers are paid as its service counts them, once, and leaving early makes none cheaper."""

import asyncio

import pytest

from bartizan.app.limit_settings import ROUTES
from bartizan.gateway.routes import DIALECTS
from tests.gateway.scene import Received, client, request, run, standing, until
from tests.gateway.test_anthropic import ASK, EVENTS, MESSAGE, STREAM, streaming
from tests.gateway.test_anthropic import PATH as MESSAGES
from tests.gateway.test_reserve import Counting, spent
from tests.gateway.test_responses import RESPONSE, said


def test_every_route_of_a_service_can_be_limited_by_its_name() -> None:
    named = {row.name for dialect in DIALECTS.values() if not dialect.public for row in dialect.rows}
    assert set(ROUTES) == named


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_is_paid_as_its_end_says_and_one_that_was_left_as_was_expected(
    whole: bool,  # noqa: FBT001 - a parameter
) -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(EVENTS[:4]))
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing(counting.prepare) as scene:
            scene.upstream.script = streaming(*EVENTS) if whole else script
            async with client(scene) as one:
                one.send(request(path=MESSAGES, body=STREAM))
                await one.reader.readuntil(EVENTS[3][-20:])
                if whole:
                    await one.reader.readuntil(b"0\r\n\r\n")
            await until(lambda: scene.settled)
            assert spent(scene) == [(113, 7) if whole else (len(STREAM) // 4 + 1, 9)]

    run(scenario())


@pytest.mark.parametrize(
    ("method", "path", "body", "answer", "expected", "paid"),
    [
        (b"POST", MESSAGES, ASK, MESSAGE, (len(ASK) // 4 + 1, 9), (113, 5)),
        (b"POST", b"/v1/responses", b'{"model":"m"}', RESPONSE, (4, 1024), (21, 5)),
        (b"GET", b"/v1/responses/resp_1", b"", RESPONSE, (0, 0), (0, 0)),
        (b"POST", b"/v1/responses/resp_1/cancel", b"", RESPONSE, (0, 0), (0, 0)),
        (
            b"POST",
            MESSAGES + b"/count_tokens",
            ASK.replace(b'"max_tokens":9,', b""),
            {"input_tokens": 3},
            (0, 0),
            (0, 0),
        ),
    ],
)
def test_what_makes_tokens_is_paid_and_what_reads_them_again_is_not(
    method: bytes,
    path: bytes,
    body: bytes,
    answer: dict[str, object],
    expected: tuple[int, int],
    paid: tuple[int, int],
) -> None:
    counting = Counting()

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(said(answer))

    async def scenario() -> None:
        async with standing(counting.prepare) as scene, client(scene) as one:
            scene.upstream.script = script
            assert (await one.ask(request(method, path, body))).status == 200
            (asked,) = counting.asked
            assert (asked.input, asked.output) == expected
            assert spent(scene) == [paid]

    run(scenario())
