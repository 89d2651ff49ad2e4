"""An adversary who writes a path so that a filter and a service see different ones; or asks for a tunnel."""

import pytest

from tests.gateway.scene import client, refusal, run, standing

REST = b" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n"
BAD = {
    b"/v1/%6dodels": "path-encoded",
    b"/v1/..%2fmodels": "path-encoded",
    b"/v1%2fmodels": "path-encoded",
    b"/v1/%2e%2e/v1/models": "path-encoded",
    b"/%00": "path-encoded",
    b"/v1/%": "path-encoded",
    b"//v1/models": "path-empty-segment",
    b"/v1//models": "path-empty-segment",
    b"/v1/models//": "path-empty-segment",
    b"/v1/../v1/models": "path-dot-segment",
    b"/v1/./models": "path-dot-segment",
    b"/..": "path-dot-segment",
    b"/v1/models/.": "path-dot-segment",
    b"/v1/models?": "query-malformed",
    b"/v1/models?a=%2e": "query-malformed",
    b"/v1/models?a=/": "query-malformed",
    b"/v1/models?a=b?c=d": "query-malformed",
    b"/v1/models?a=b;c=d": "query-malformed",
    b"/v1/models?a=b+c": "query-malformed",
    b"/v1/models?a[]=b": "query-malformed",
    b"/v1/..?a=b": "path-dot-segment",
    b"/v1/models/.?a=b": "path-dot-segment",
    b"/v1//models?a=b": "path-empty-segment",
    b"/v1/%6dodels?a=b": "path-encoded",
    b"/v1/models#x": "target-malformed",
    b"/v1/models;x=y": "target-malformed",
    b"/v1\\models": "target-malformed",
    b"/v1/{models}": "target-malformed",
    b"v1/models": "target-malformed",
    b"*": "target-asterisk",
    b"evil.example:443": "target-authority",
    b"/" + b"a" * 2048: "request-line-too-long",
}


@pytest.mark.parametrize("target", BAD)
def test_a_path_with_two_meanings_is_refused(target: bytes) -> None:
    assert refusal(b"GET " + target + REST).reason == BAD[target]


def test_no_tunnel_is_opened() -> None:
    answer = refusal(b"CONNECT evil.example:443" + REST)
    assert (answer.status, answer.reason) == (400, "target-authority")


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/models/",
        b"/v1/models/..x",
        b"/v1/models/m/",
        b"/V1/models",
        b"/v2/models",
        b"/",
        b"/admin",
        b"/control/v1/models",
    ],
)
def test_what_is_not_in_the_table_does_not_exist(path: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(b"GET " + path + REST)
            assert (answer.status, answer.reason) == (404, "route-unknown")
            assert scene.upstream.received == scene.control.received == []

    run(scenario())


@pytest.mark.parametrize("path", [b"/v1/models?limit=1", b"/v1/models/m?a=b", b"/v1/models?%5B%5D=1"])
def test_a_query_goes_nowhere_that_takes_none(path: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(b"GET " + path + REST)
            assert (answer.status, answer.reason) == (400, "query-refused")
            assert scene.upstream.received == scene.control.received == []

    run(scenario())
