"""An adversary between the gateway and the service, who cuts an answer and wants it to look whole."""

import asyncio
import socket
import ssl

import pytest
from OpenSSL import SSL

from bartizan.clock import SystemClock
from bartizan.crypto.tls import server_context
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf
from tests.gateway.scene import Received, Scene, request, run, standing, turns

HEADS = {
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "a length": b"Content-Length: 10\r\n\r\nhello",
}


def served() -> SSL.Context:
    now, names = SystemClock().now(), ("localhost",)
    authority, key = make_authority("server", names, now)
    leaf_key, csr = leaf_request(names)
    return server_context(sign_leaf(authority, key, csr, names, now), leaf_key, pq="preferred")


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("framing", HEADS)
def test_a_cut_answer_does_not_end_in_order(framing: str, version: bytes) -> None:
    """A client of HTTP/1.0 takes the end of the connection for the end of the answer, so it must be no orderly one."""
    server = served()

    def prepare(scene: Scene) -> None:
        scene.front = lambda: scene.gateway.encrypted(server)

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + HEADS[framing])
        await turns()
        writer.close()

    async def scenario() -> None:
        async with standing(prepare) as scene:
            scene.upstream.script = script
            asked = request().replace(b"HTTP/1.1", b"HTTP/" + version)
            said, orderly = await asyncio.to_thread(spoken, scene.port, asked)
            assert not orderly or b"transfer-encoding: chunked" in said or b"content-length: 10" in said
            assert said.startswith(b"HTTP/1.1 200")
            assert not said.endswith(b"0\r\n\r\n")
            assert [event.detail.get("reason") for event in scene.events()] == [None, "upstream-closed"]

    run(scenario())


def spoken(port: int, octets: bytes) -> tuple[bytes, bool]:
    """Return what comes back, and whether it ended with close_notify."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=60)
    said = b""
    with context.wrap_socket(raw, suppress_ragged_eofs=False) as line:
        line.sendall(octets)
        try:
            while piece := line.recv(65536):
                said += piece
        except (ssl.SSLError, ConnectionError):
            return said, False
    return said, True


EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {}\n\n"


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("whole", [False, True], ids=["cut", "whole"])
def test_a_stream_that_only_its_connections_end_has_ended_must_have_said_its_last_words(
    whole: bool,  # noqa: FBT001
    version: bytes,
) -> None:
    """Whoever cuts such a stream would else have it on record as done."""
    server = served()

    def prepare(scene: Scene) -> None:
        scene.front = lambda: scene.gateway.encrypted(server)

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS + (b"data: [DONE]\n\n" if whole else b""))
        await turns()
        writer.close()

    async def scenario() -> None:
        async with standing(prepare) as scene:
            scene.upstream.script = script
            asked = request().replace(b" HTTP/1.1", b" HTTP/" + version + b"\r\nConnection: close")
            said, orderly = await asyncio.to_thread(spoken, scene.port, asked)
            reasons = [event.detail.get("reason") for event in scene.events()]
            assert reasons == [None, "done" if whole else "upstream-closed"]
            assert said.endswith(b"0\r\n\r\n") is (whole and version == b"1.1")
            assert orderly or not whole

    run(scenario())
