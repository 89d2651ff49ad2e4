"""What the platform's own endpoints may say to a browser, and no service may."""

import asyncio

import pytest

from tests.gateway.scene import client, request, run, standing
from tests.gateway.upstream import Received

URI = b"urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc_-9"


async def _sends_on(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 303 See Other\r\nLocation: https://app.example/back?code=a\r\n"
        b"Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_browser_is_sent_on_by_our_own_endpoints_and_by_no_service() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.control.script = scene.upstream.script = _sends_on
            target = b"/oauth/authorize?client_id=c-1&request_uri=" + URI
            answer = await one.ask(request(b"GET", target, bearer=""))
            assert (answer.status, answer.headers[b"location"]) == (303, b"https://app.example/back?code=a")
            assert b"set-cookie" not in answer.headers
            assert scene.control.received[-1].target == target
            refused = await one.ask(request())
            assert (refused.status, refused.reason) == (502, "upstream-redirect")
            assert b"location" not in refused.headers

    run(scenario())


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"?client_id=c-1",
        b"?request_uri=" + URI,
        b"?client_id=c-1&client_id=c-2&request_uri=" + URI,
        b"?client_id=c-1&request_uri=https%3A%2F%2Fevil.example",
        b"?client_id=c-1&redirect_uri=https&request_uri=" + URI,
        b"?client_id=c-1%0d%0aa&request_uri=" + URI,
    ],
)
def test_a_browser_brings_a_pushed_request_and_nothing_beside_it(query: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"GET", b"/oauth/authorize" + query, bearer=""))
            assert answer.status == 400
            assert not scene.control.received

    run(scenario())


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (b"/oauth/par", b"client_id=c-1&login_hint=ada"),
        (b"/oauth/par", b"client_id=c-1&code=a"),
        (b"/oauth/authorize", b"client_id=c-1&client_secret=a"),
        (b"/oauth/authorize", b"client_id=c-1&client_id=c-1"),
    ],
)
def test_each_form_has_its_own_parameters(path: bytes, form: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            media = b"application/x-www-form-urlencoded"
            answer = await one.ask(request(b"POST", path, form, bearer="", media=media))
            assert answer.status == 400
            assert not scene.control.received

    run(scenario())
