"""An adversary who knows that heads are remembered, and writes one that is taken for another."""

import pytest

from bartizan.gateway.passes import Passes
from tests.gateway.scene import CHAT, client, request, run, standing

TRACE = b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HONEST = request(b"POST", b"/v1/chat/completions", CHAT, b"X: y", b"x-request-id: 1", TRACE)
LENGTH = b"Content-Length: %d\r\n" % len(CHAT)
HIDDEN = request(b"GET", b"/v1/models")
DISGUISES = {
    "what stands in the length's place": (HONEST, LENGTH, b"Content-Length: \n\r\n"),
    "nothing in its place": (HONEST, LENGTH, b"Content-Length: \r\n"),
    "another length that is none": (HONEST, LENGTH, b"Content-Length: +%d\r\n" % len(CHAT)),
    "a length with a zero in front": (HONEST, LENGTH, b"Content-Length: 0%d\r\n" % len(CHAT)),
    "two lengths": (HONEST, LENGTH, LENGTH + LENGTH),
    "two lengths that differ": (HONEST, LENGTH, LENGTH + b"Content-Length: 0\r\n"),
    "no length": (HONEST, LENGTH, b""),
    "a coding besides": (HONEST, LENGTH, LENGTH + b"Transfer-Encoding: chunked\r\n"),
    "a line feed in the request's id": (HONEST, b"id: 1", b"id: \n1"),
    "what no field may hold in the request's id": (HONEST, b"id: 1", b"id: \0"),
    "a line that goes on in the request's id": (HONEST, b"id: 1", b"id: 1\r\n 2"),
    "what stands in the trace's place": (HONEST, TRACE, b"traceparent: \n"),
    "a length in the trace's place": (HONEST, TRACE, b"traceparent: \r\nContent-Length: 0"),
    "a line feed in front": (HONEST, b"POST", b"\nPOST"),
    "a body where there was none": (HIDDEN, b"Host", b"Content-Length: 5\r\nHost"),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_no_head_is_taken_for_one_that_is_remembered(name: str) -> None:
    honest, place, disguise = DISGUISES[name]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one, client(scene) as other:
            for _ in range(3):
                assert (await one.ask(honest)).status == 200
            answer = await other.ask(honest.replace(place, disguise, 1) + HIDDEN)
            assert 400 <= answer.status < 500
            assert await other.closed() == b""
            assert len(scene.upstream.received) == 3

    run(scenario())


def test_heads_that_differ_are_never_kept_under_one_key() -> None:
    """But for the length's own digits, which the key leaves out and the gateway reads anew each time."""
    heads = [b"P\r\nContent-Length: 5", b"P\r\nContent-Length: ", b"P\r\nContent-Length: \n", b"\nP\r\nContent-Length: \n",
             b"P\r\nContent-Length: 5\r\nX: y", b"P\r\nContent-Length: \n\r\nX: y", b"P\r\nContent-Length: \r\nX: y"]  # fmt: skip
    split = Passes().split
    assert len({split(head)[0] for head in heads}) == len(heads)
    assert split(heads[0])[0] == split(b"P\r\nContent-Length: 77")[0]
