"""Real Envoy and Caddy with the configuration that `bartizan edge` writes: HTTP/2, HTTP/3, hybrid TLS, streams as they come."""

import asyncio
import contextlib
import json
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from typing_extensions import override

from bartizan.crypto.tls import HYBRID, client_context
from bartizan.egress.faults import HandshakeRefused
from bartizan.egress.line import open_connection
from tests.crypto.scene import files, papers
from tests.e2e import proxies
from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.slow, proxies.needed]
SLOWLY = {"model": "sample", "messages": [{"role": "user", "content": "count slowly to 5"}], "stream": True}
STARTS: dict[str, Callable[[Path, Callable[[], bool]], AbstractContextManager[None]]] = {
    "envoy": proxies.envoy,
    "caddy": proxies.caddy,
}


@dataclass(frozen=True)
class Edge:
    """A proxy in front of the shared platform."""

    platform: Platform
    port: int
    ca: Path
    token: str

    def curl(self, *words: str, path: str = "/v1/models") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "30", "--cacert", str(self.ca), *words]
            + ["-H", f"authorization: Bearer {self.token}", f"https://localhost:{self.port}{path}"],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module", params=list(STARTS))
def edge(request: pytest.FixtureRequest, shared_platform: Platform) -> Iterator[Edge]:
    kind, port = str(request.param), proxies.free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-")))
        ca, pair = files(folder)
        words = ("--host", "localhost", "--listen", "127.0.0.1", "--port", str(port))
        own = ("--certificate", str(pair), "--key", str(pair))
        gateway = ("--gateway", f"localhost:{shared_platform.port}")
        written = shared_platform.run("edge", kind, *words, *own, *gateway)
        assert written.returncode == 0, written.stderr
        file = folder / ("envoy.yaml" if kind == "envoy" else "Caddyfile")
        file.write_text(written.stdout)
        found = Edge(shared_platform, port, ca, shared_platform.token())
        stack.enter_context(STARTS[kind](file, lambda: '"sample"' in found.curl().stdout))
        yield found


def test_a_client_speaks_http_2_and_what_it_asks_is_on_record_as_quantum_safe(edge: Edge) -> None:
    said = edge.curl("--http2", "--write-out", "%{http_version} %header{x-request-id} %header{alt-svc}")
    body, _, rest = said.stdout.rpartition("}")
    version, name, service = rest.split(" ", 2)
    assert json.loads(body + "}")["data"][0]["id"] == "sample"
    assert version == "2"
    assert f'h3=":{edge.port}"' in service
    admitted = edge.platform.record(name, "gateway.request.admitted")
    assert admitted["detail"]["group"] == "x25519mlkem768"


def test_a_stream_comes_word_by_word_over_http_2(edge: Edge) -> None:
    """The first word is read while the last is not yet said: nothing in between waits for the whole."""
    process = subprocess.Popen(
        ["curl", "--http2", "--silent", "--no-buffer", "--cacert", str(edge.ca), "-d", json.dumps(SLOWLY)]
        + ["-H", f"authorization: Bearer {edge.token}", "-H", "content-type: application/json"]
        + [f"https://localhost:{edge.port}/v1/chat/completions"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        first = process.stdout.readline()
        running = process.poll() is None
        rest = process.stdout.read()
    assert first.startswith("data: ")
    assert running
    assert rest.rstrip().endswith("data: [DONE]")
    assert rest.count("data: ") >= 5


def test_the_edge_speaks_the_hybrid_group_with_who_knows_it_and_tls_1_3_alone(edge: Edge) -> None:
    with open_connection(
        "localhost", edge.port, context=client_context(papers().ca), allowed=frozenset({"localhost"})
    ) as line:
        assert (line.group, line.version) == ("x25519mlkem768", "TLSv1.3")
    old = ssl.create_default_context(cafile=str(edge.ca))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert edge.curl("--tls-max", "1.2").returncode == 35
    with pytest.raises(HandshakeRefused):
        open_connection(
            "localhost",
            edge.port,
            context=client_context(papers().ca, groups="P-384"),
            allowed=frozenset({"localhost"}),
        )
    assert line.group in HYBRID


def test_refusals_of_the_gateway_reach_the_client_as_they_are(edge: Edge) -> None:
    said = edge.curl("--http2", "-H", "authorization: Bearer forged", "--write-out", "%{http_code}")
    assert said.stdout.endswith(("401", "400"))
    large = json.dumps({"model": "sample", "messages": [{"role": "user", "content": "x" * 5_000_000}]})
    file = edge.ca.with_name("large.json")
    file.write_text(large)
    words = (
        "--http2",
        "-d",
        f"@{file}",
        "-H",
        "content-type: application/json",
        "--write-out",
        "%{http_code}",
    )
    assert edge.curl(*words, path="/v1/chat/completions").stdout.endswith("413")


@pytest.mark.parametrize("path", ["/v1/%2e%2e/oauth/token", "/v1//models", "/v1/models%2f.."])
def test_a_path_with_two_readings_gets_nowhere(edge: Edge, path: str) -> None:
    said = edge.curl("--http2", "--path-as-is", "--write-out", "%{http_code}", path=path)
    assert said.stdout[-3:] in {"400", "404", "403"}
    assert '"sample"' not in said.stdout


def test_a_client_speaks_http_3(edge: Edge) -> None:
    fields, body = _over_http_3(edge, b"GET", b"/v1/models", b"")
    assert fields[b":status"] == b"200"
    assert json.loads(body)["data"][0]["id"] == "sample"
    fields, body = _over_http_3(edge, b"POST", b"/v1/chat/completions", json.dumps(SLOWLY).encode())
    assert fields[b":status"] == b"200"
    assert body.rstrip().endswith(b"data: [DONE]")
    name = fields[b"x-request-id"].decode()
    assert edge.platform.record(name, "gateway.request.completed")["outcome"] == "done"


def _over_http_3(edge: Edge, method: bytes, path: bytes, body: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """Ask over HTTP/3 and return the fields and the body of the answer."""
    from aioquic.asyncio.client import connect
    from aioquic.asyncio.protocol import QuicConnectionProtocol
    from aioquic.h3.connection import H3_ALPN, H3Connection
    from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.events import QuicEvent

    class Protocol(QuicConnectionProtocol):
        """One request on one connection."""

        def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
            super().__init__(*arguments, **named)
            self.http = H3Connection(self._quic)
            self.fields: dict[bytes, bytes] = {}
            self.body = b""
            self.done = asyncio.get_running_loop().create_future()

        @override
        def quic_event_received(self, event: QuicEvent) -> None:
            for one in self.http.handle_event(event):
                self.take(one)

        def take(self, event: H3Event) -> None:
            if isinstance(event, HeadersReceived):
                self.fields |= dict(event.headers)
            if isinstance(event, DataReceived):
                self.body += event.data
            if getattr(event, "stream_ended", False) and not self.done.done():
                self.done.set_result(None)

    async def ask() -> tuple[dict[bytes, bytes], bytes]:
        terms = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name="localhost")
        terms.load_verify_locations(str(edge.ca))
        async with (
            asyncio.timeout(30),
            connect("127.0.0.1", edge.port, configuration=terms, create_protocol=Protocol) as one,
        ):
            line = cast("Protocol", one)
            stream = line._quic.get_next_available_stream_id()
            fields = [
                (b":method", method),
                (b":scheme", b"https"),
                (b":authority", f"localhost:{edge.port}".encode()),
                (b":path", path),
                (b"authorization", f"Bearer {edge.token}".encode()),
                *([(b"content-type", b"application/json")] if body else []),
            ]
            line.http.send_headers(stream, fields, end_stream=not body)
            if body:
                line.http.send_data(stream, body, end_stream=True)
            line.transmit()
            await line.done
            return line.fields, line.body

    return asyncio.run(ask())
