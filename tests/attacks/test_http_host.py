"""An adversary who names another host than the one who answers."""

import pytest

from tests.gateway.scene import client, refusal, request, run, standing

END = b"Authorization: Bearer good\r\n\r\n"
LINE = b"GET /v1/models HTTP/1.1\r\n"
BAD = {
    "no Host": (LINE + END, 400, "host-missing"),
    "no Host on HTTP/1.0": (b"GET /v1/models HTTP/1.0\r\n" + END, 400, "host-missing"),
    "two Hosts": (LINE + b"Host: localhost\r\nHost: evil.example\r\n" + END, 400, "host-repeated"),
    "two equal Hosts": (LINE + b"Host: localhost\r\nhost: localhost\r\n" + END, 400, "host-repeated"),
    "an empty Host": (LINE + b"Host:\r\n" + END, 421, "host-unknown"),
    "another Host": (LINE + b"Host: evil.example\r\n" + END, 421, "host-unknown"),
    "a Host with a path": (LINE + b"Host: localhost/x\r\n" + END, 421, "host-unknown"),
    "a Host with a user": (LINE + b"Host: x@localhost\r\n" + END, 421, "host-unknown"),
    "a Host with a long port": (LINE + b"Host: localhost:123456\r\n" + END, 421, "host-unknown"),
    "a Host with two ports": (LINE + b"Host: localhost:1:2\r\n" + END, 421, "host-unknown"),
    "a list of Hosts": (LINE + b"Host: localhost, evil.example\r\n" + END, 421, "host-unknown"),
    "absolute form": (
        b"GET http://localhost/v1/models HTTP/1.1\r\nHost: localhost\r\n" + END,
        400,
        "target-absolute",
    ),
    "absolute form for another host": (
        b"GET http://evil.example/v1/models HTTP/1.1\r\nHost: localhost\r\n" + END,
        400,
        "host-differs",
    ),
    "absolute form of another scheme": (
        b"GET gopher://localhost/v1/models HTTP/1.1\r\nHost: localhost\r\n" + END,
        400,
        "target-absolute",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_request_for_somebody_else_is_refused(name: str) -> None:
    octets, status, reason = BAD[name]
    answer = refusal(octets)
    assert (answer.status, answer.reason) == (status, reason)


@pytest.mark.parametrize("host", [b"localhost", b"LOCALHOST:8443", b"127.0.0.1:1", b"[::1]", b"[::1]:65535"])
def test_each_of_our_names_is_answered(host: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = request().replace(b"Host: localhost", b"Host: " + host)
            assert (await one.ask(octets)).status == 200

    run(scenario())
