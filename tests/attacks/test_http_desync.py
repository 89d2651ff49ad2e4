"""An adversary who leaves the end of one request in doubt, so that what follows is taken for the next one.

CL.0 and 0.CL, a pause in the middle, an expectation that is refused, an error that is answered early: what belongs
to a refused request is never read as a request, and each request gets at most one answer.
"""

import pytest

from tests.gateway.scene import CHAT, Client, Scene, client, request, run, standing

HIDDEN = request(b"GET", b"/v1/models")
BODIED = {
    "a route that takes none": (b"/v1/models", "good", 405),
    "no route": (b"/nowhere", "good", 404),
    "health": (b"/healthz", "good", 405),
    "a stranger": (b"/v1/chat/completions", "", 401),
    "a forged token": (b"/v1/chat/completions", "forged", 401),
    "another type": (b"/oauth/token", "", 415),
    "no JSON": (b"/v1/chat/completions", "good", 400),
}


async def ended(scene: Scene, one: Client) -> None:
    """Nothing more comes, and the hidden request has reached nobody."""
    if not one.writer.is_closing():
        one.writer.write_eof()
    assert await one.closed() == b""
    assert scene.upstream.received == scene.control.received == []


@pytest.mark.parametrize("apart", [True, False], ids=["apart", "together"])
@pytest.mark.parametrize("name", BODIED)
def test_a_body_is_never_the_next_request(name: str, apart: bool) -> None:  # noqa: FBT001 - a case
    """CL.0: a refusal that does not look at the body must not leave it on the connection."""
    path, bearer, status = BODIED[name]
    octets = request(b"POST", path, HIDDEN, bearer=bearer)
    head = octets[: -len(HIDDEN)]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            if apart and name != "no JSON":
                assert (await one.ask(head)).status == status
                one.send(HIDDEN)
            else:
                assert (await one.ask(octets)).status == status
            await ended(scene, one)

    run(scenario())


@pytest.mark.parametrize("path", [b"/v1/models", b"/healthz", b"/nowhere", b"/oauth/jwks"])
def test_a_length_on_a_request_without_a_body_hides_nothing(path: bytes) -> None:
    """0.CL: who takes no body must not let the length stand either."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            asked = request(b"GET", path, b"", b"Content-Length: %d" % len(HIDDEN))
            assert (await one.ask(asked + HIDDEN)).reason == "body-unexpected"
            await ended(scene, one)

    run(scenario())


@pytest.mark.parametrize(
    "first",
    [
        b"GET /v1/models HTTP/1.1\r\n\r\n",
        b"GET /v1/models HTTP/1.1\nHost: localhost\n\n",
        b"nonsense\r\n\r\n",
        request(body=CHAT)[: -len(CHAT)].replace(b"Content-Length", b"Transfer-Encoding: x\r\nA"),
        request(b"GET", b"/v1/models", b"", b"Upgrade: h2c"),
    ],
)
def test_nothing_is_read_behind_a_head_in_doubt(first: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            assert (await one.ask(first + HIDDEN)).status == 400
            await ended(scene, one)

    run(scenario())


def test_nothing_is_read_behind_a_body_in_doubt() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            head = request(body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
            assert (await one.ask(head + b"zz\r\n\r\n" + HIDDEN)).reason == "chunk-size-malformed"
            await ended(scene, one)

    run(scenario())


def test_a_body_that_comes_after_its_time_is_no_request() -> None:
    """The pause-based desync: the gateway answers for a body that is still to come."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request(body=HIDDEN)[: -len(HIDDEN)])
            await scene.later(31)
            assert (await one.answer()).reason == "body-timeout"
            one.send(HIDDEN)
            await ended(scene, one)

    run(scenario())


EXPECTATIONS = {
    b"100-continue": 401,
    b"100-Continue": 401,
    b"100-continue, x": 417,
    b"x, 100-continue": 417,
    b"100-continue;x": 417,
    b"101-continue": 417,
    b"": 417,
    b"y\r\nExpect: 100-continue": 400,
    b"100-continue\r\n x": 400,
}


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_a_body_that_was_announced_and_refused_is_no_request(expectation: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            asked = request(
                b"POST", b"/v1/chat/completions", HIDDEN, b"Expect: " + expectation, bearer="forged"
            )
            answer = await one.ask(asked[: -len(HIDDEN)])
            assert (answer.status, answer.headers[b"connection"]) == (EXPECTATIONS[expectation], b"close")
            one.send(HIDDEN)
            await ended(scene, one)

    run(scenario())


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"DELETE"])
def test_an_expectation_without_a_body_is_answered_once(method: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request(method, b"/v1/models", b"", b"Expect: 100-continue", b"Connection: close"))
            said = await one.closed()
            assert said.count(b"HTTP/1.1 ") == 1
            assert b" 100 " not in said

    run(scenario())


def test_an_expectation_of_http_1_0_gets_no_interim_answer() -> None:
    """It would take the interim answer for the answer."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            asked = request(b"POST", b"/v1/chat/completions", CHAT, b"Expect: 100-continue")
            head, body = asked[: -len(CHAT)].replace(b"HTTP/1.1", b"HTTP/1.0"), asked[-len(CHAT) :]
            one.send(head)
            await scene.later(0)
            one.send(body)
            assert (await one.closed()).startswith(b"HTTP/1.1 200 ")

    run(scenario())
