"""An adversary who writes a path so that a filter and a service see different ones; or asks for a tunnel."""

import pytest

from tests.gateway.scene import client, refused, run, standing

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
    b"/v1/models?limit=1": "query-refused",
    b"/v1/models?": "query-refused",
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
    async def scenario() -> None:
        async with standing() as scene:
            assert (await refused(scene, b"GET " + target + REST)).reason == BAD[target]

    run(scenario())


def test_no_tunnel_is_opened() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            answer = await refused(scene, b"CONNECT evil.example:443" + REST)
            assert (answer.status, answer.reason) == (400, "target-authority")

    run(scenario())


@pytest.mark.parametrize(
    "path", [b"/v1/models/", b"/V1/models", b"/v2/models", b"/", b"/admin", b"/control/v1/models"]
)
def test_what_is_not_in_the_table_does_not_exist(path: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(b"GET " + path + REST)
            assert (answer.status, answer.reason) == (404, "route-unknown")
            assert scene.upstream.received == scene.control.received == []

    run(scenario())
