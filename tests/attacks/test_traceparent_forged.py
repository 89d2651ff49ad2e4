"""A client forges its place in a trace: it gets into nobody's, steers nothing, and breaks nothing."""

import pytest

from tests.gateway.scene import CHAT, client, request, run, standing
from tests.gateway.test_tracing import GIVEN, PARENT, TRACE, Pipe, noted, traced

FORGED = {
    "all zero": b"traceparent: 00-%b-%b-01" % (b"0" * 32, b"0" * 16),
    "no trace": b"traceparent: 00-%b-%b-01" % (b"0" * 32, PARENT),
    "no parent": b"traceparent: 00-%b-%b-01" % (TRACE, b"0" * 16),
    "a version that there is not": b"traceparent: ff-%b-%b-01" % (TRACE, PARENT),
    "a later version": b"traceparent: 01-%b-%b-01-more" % (TRACE, PARENT),
    "capitals": b"traceparent: 00-%b-%b-01" % (b"A" * 32, PARENT),
    "too long": b"traceparent: 00-%b-%b-01" % (b"1" * 4000, PARENT),
    "text": b"traceparent: 00-%b-%b-01" % (b'"' * 32, b"\\" * 16),
    "a second one": GIVEN + b"\r\n" + GIVEN,
    "two in one": GIVEN + b", 00-%b-%b-01" % (TRACE, PARENT),
    "blank": b"traceparent: \t ",
    "with a state": GIVEN.replace(TRACE, b"x" * 32) + b"\r\ntracestate: bartizan=1," + b"a" * 200,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_not_one_valid_traceparent_begins_a_trace_of_our_own(forged: bytes) -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, forged))
            assert answer.status == 200
            (found,) = await noted(pipe, 1)
            assert found.parent == ""
            assert found.trace not in ("0" * 32, TRACE.decode(), "a" * 32)
            (received,) = scene.upstream.received
            told = received.header(b"traceparent")
            assert told == f"00-{found.trace}-{found.call}-01".encode()
            assert received.header(b"tracestate") is None

    run(scenario())


def test_64_kib_of_it_are_refused_with_the_head_and_noted_nowhere() -> None:
    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe)) as scene:
            async with client(scene) as one:
                huge = b"traceparent: 00-" + b"1" * 65_536
                assert (await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, huge))).status == 431
            async with client(scene) as one:
                assert (await one.ask(request())).status == 200
            await noted(pipe, 1)
            assert len(scene.upstream.received) == 1

    run(scenario())


def test_a_client_decides_neither_that_it_is_traced_nor_that_it_is_not() -> None:
    """A trace-id of its choice and a flag of its choice change nothing about which requests are."""

    async def scenario() -> None:
        pipe = Pipe()
        async with standing(traced(pipe, 0.5)) as scene, client(scene) as one:
            for flag in (b"00", b"01") * 60:
                forged = b"traceparent: 00-%b-%b-%b" % (TRACE, PARENT, flag)
                assert (await one.ask(request(b"GET", b"/v1/models", b"", forged))).status == 200
            flags = [(received.header(b"traceparent") or b"")[-2:] for received in scene.upstream.received]
        for asked in (flags[::2], flags[1::2]):
            assert 5 < asked.count(b"01") < 55  # by chance outside once in 10**10

    run(scenario())
