"""An adversary whose fields are meant for whoever stands behind: to rewrite, to impersonate, to take fields away."""

import pytest

from tests.gateway.scene import CHAT, client, request, run, standing

CARRIED = {
    "names with underscores": [b"Content_Length: 0", b"Transfer_Encoding: chunked", b"X_Forwarded_For: ::1"],
    "names with dots": [b"Content.Length: 0", b"Transfer.Encoding: chunked"],
    "lengths of another name": [b"X-Content-Length: 0", b"Content-Length-X: 0", b"Length: 0"],
    "where it came from": [
        b"X-Forwarded-For: 127.0.0.1",
        b"X-Forwarded-Host: evil.example",
        b"X-Forwarded-Proto: http",
        b"X-Real-IP: 127.0.0.1",
        b"Forwarded: for=127.0.0.1;host=evil.example",
        b"Via: 1.1 evil",
        b"True-Client-IP: 127.0.0.1",
        b"CF-Connecting-IP: 127.0.0.1",
    ],
    "where it goes": [
        b"X-Original-URL: /admin",
        b"X-Rewrite-URL: /admin",
        b"X-Forwarded-Prefix: /admin",
        b"X-Host: evil.example",
        b"Destination: /admin",
    ],
    "another method": [b"X-HTTP-Method-Override: DELETE", b"X-HTTP-Method: DELETE", b"X-Method-Override: DELETE"],
    "who asks": [
        b"X-Remote-User: root",
        b"X-Authenticated-User: root",
        b"X-Client-Cert: x",
        b"Proxy-Authorization: Basic YTpi",
        b"Cookie: session=x",
        b"DPoP: proof",
        b"OpenAI-Organization: other",
        b"Api-Key: other",
        b"X-Api-Key: other",
    ],
    "a part of it": [b"Range: bytes=0-1", b"If-Range: x", b"If-None-Match: *", b"If-Modified-Since: x"],
    "how it is carried": [
        b"TE: trailers, deflate",
        b"Connection: TE",
        b"Keep-Alive: timeout=99999",
        b"Proxy-Connection: close",
        b"Max-Forwards: 0",
        b"Accept-Encoding: gzip",
        b"Accept: text/html",
        b"Cache-Control: only-if-cached",
        b"Pragma: x",
    ],
    "how it is told": [b"X-Request-ID: theirs", b"tracestate: a=b", b"baggage: a=b", b"b3: 0", b"Server-Timing: x"],
}  # fmt: skip
OURS = {
    b"host": b"api.example.com",
    b"authorization": b"Bearer upstream-credential",
    b"accept": b"application/json",
    b"accept-encoding": b"identity",
    b"content-type": b"application/json",
    b"content-length": b"%d" % len(CHAT),
}


@pytest.mark.parametrize("name", CARRIED)
def test_no_field_of_the_client_reaches_the_service(name: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, *CARRIED[name]))
            assert answer.status == 200
            (received,) = scene.upstream.received
            assert (received.method, received.target) == (b"POST", b"/v1/chat/completions")
            assert received.body == CHAT
            fields = dict(received.headers)
            assert len(fields) == len(received.headers)
            assert fields.pop(b"x-request-id") == answer.headers[b"x-request-id"]
            fields.pop(b"traceparent")
            assert fields == OURS

    run(scenario())


@pytest.mark.parametrize(
    "option",
    [
        b"Authorization",
        b"Host",
        b"Content-Length",
        b"Transfer-Encoding",
        b"X-Request-ID",
        b"close, Authorization",
        b"Upgrade",
        b"proxy-connection",
        b'"close"',
        b"close;x",
        b"a b",
    ],
)
def test_no_field_is_taken_away_hop_by_hop(option: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", b"/v1/chat/completions", CHAT, b"Connection: " + option))
            assert (answer.status, answer.reason) == (400, "connection-option")
            assert scene.upstream.received == []

    run(scenario())


def test_what_is_forwarded_holds_no_line_end_of_the_client() -> None:
    """A service that did not believe the length would find no second request in the body."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            body = CHAT.replace(b"hi", rb"x\r\n\r\nGET /admin HTTP/1.1\r\n\r\n").replace(b":", b" \r\n: \n")
            assert (await one.ask(request(body=body))).status == 200
            (received,) = scene.upstream.received
            assert b"\r" not in received.body
            assert b"\n" not in received.body

    run(scenario())
