"""What the platform's own endpoints may say to a browser, and no service may."""

import asyncio

import msgspec
import pytest

from tests.gateway.scene import Scene, client, request, run, standing
from tests.gateway.upstream import Received, Script

URI = b"urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc_-9"


TARGET = b"/oauth/authorize?client_id=c-1&request_uri=" + URI


def owned(scene: Scene) -> None:
    """Have the scene's control be the platform's own, as it is in a running one: only then it has pages."""
    found = scene.ports()
    services = [msgspec.structs.replace(each, own=each.name == "control") for each in found.services]
    scene.ports = lambda: msgspec.structs.replace(found, services=tuple(services))  # type: ignore[method-assign]  # once


def sends(way: bytes, more: bytes = b"") -> Script:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 303 See Other\r\nLocation: %b\r\n%bContent-Length: 0\r\n\r\n" % (way, more))

    return script


@pytest.mark.parametrize(
    "way",
    [
        b"https://app.example/back?code=a",
        b"http://127.0.0.1:49152/back?code=a",
        b"http://[::1]/back",
        b"/people/sign-in?next=account",
    ],
)
def test_a_browser_is_sent_on_to_an_application_by_the_page_of_consent_alone(way: bytes) -> None:
    async def scenario() -> None:
        async with standing(owned) as scene, client(scene) as one:
            scene.control.script = scene.upstream.script = sends(way)
            answer = await one.ask(request(b"GET", TARGET, bearer=""))
            assert (answer.status, answer.headers[b"location"]) == (303, way)
            assert scene.control.received[-1].target == TARGET
            for others in (request(), request(b"GET", b"/oauth/jwks", bearer="")):
                refused = await one.ask(others)
                assert (refused.status, refused.reason) == (502, "upstream-redirect")
                assert b"location" not in refused.headers
            page = await one.ask(request(b"GET", b"/people", bearer=""))
            assert page.status == (303 if way.startswith(b"/people") else 502)

    run(scenario())


@pytest.mark.parametrize(
    ("way", "more"),
    [
        *(
            (way, b"")
            for way in (
                b"javascript:alert(1)",
                b"data:text/html,a",
                b"//evil.example",
                b"com.example.app:/back",
            )
        ),
        *(
            (way, b"")
            for way in (b"http://evil.example/", b"http://127.0.0.1.evil.example/", b"https://a\xff")
        ),
        (b"https://app.example/back", b"Set-Cookie: a=b\r\n"),
        (b"https://app.example/back", b"Location: https://evil.example\r\n"),
    ],
)
def test_a_browser_is_sent_to_no_address_that_no_application_can_have(way: bytes, more: bytes) -> None:
    async def scenario() -> None:
        async with standing(owned) as scene, client(scene) as one:
            scene.control.script = sends(way, more)
            answer = await one.ask(request(b"GET", TARGET, bearer=""))
            assert (answer.status, answer.reason) == (502, "upstream-malformed")
            assert b"location" not in answer.headers
            assert b"set-cookie" not in answer.headers

    run(scenario())


def test_the_page_of_consent_may_send_its_form_and_run_nothing() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 1\r\n\r\na"
        )

    async def scenario() -> None:
        async with standing(owned) as scene, client(scene) as one:
            scene.control.script = script
            policy = (await one.ask(request(b"GET", TARGET, bearer=""))).headers[b"content-security-policy"]
            assert policy.startswith(b"default-src 'none'")
            assert b"frame-ancestors 'none'" in policy
            assert b"form-action 'self' https: http://127.0.0.1:* http://[::1]:*;" in policy
            assert not any(word in policy for word in (b"sandbox", b"unsafe"))

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
        (b"/oauth/introspect", b"client_id=c-1&token=a&code=a"),
        (b"/oauth/revoke", b"client_id=c-1&token=a&token=a"),
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


def test_a_page_is_told_the_key_agreement_by_the_gateway_and_by_nobody_else() -> None:
    async def scenario() -> None:
        async with standing(owned) as scene, client(scene) as one:
            scene.control.script = sends(b"/people/sign-in?next=account")
            claim = b"X-Bartizan-Group: x25519mlkem768"
            await one.ask(request(b"GET", b"/people", b"", claim, bearer=""))
            assert scene.control.received[-1].header(b"x-bartizan-group") == b"none"
            await one.ask(request(b"GET", b"/oauth/jwks", b"", claim, bearer=""))
            assert scene.control.received[-1].header(b"x-bartizan-group") is None

    run(scenario())
