"""Real Envoy and Caddy with the configuration that `bartizan edge` writes: HTTP/2, HTTP/3, hybrid TLS, streams as they come."""

import importlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bartizan.crypto.tls import client_context
from bartizan.egress.faults import HandshakeRefused
from bartizan.egress.line import open_connection
from tests.crypto.scene import files, papers
from tests.e2e import proxies
from tests.e2e.conftest import Platform
from tests.ports import free_port

pytestmark = [pytest.mark.slow, proxies.needed]
CURL = str(shutil.which("curl"))
SLOWLY = {"model": "sample", "messages": [{"role": "user", "content": "count slowly to 5"}], "stream": True}
ENDLESS = SLOWLY | {"messages": [{"role": "user", "content": "count slowly to 1000"}]}
"""It takes 100 s."""
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
            [
                CURL,
                "--silent",
                "--show-error",
                "--max-time",
                "30",
                "--cacert",
                str(self.ca),
                *words,
                "-H",
                f"authorization: Bearer {self.token}",
                f"https://localhost:{self.port}{path}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module", params=list(STARTS))
def edge(request: pytest.FixtureRequest, shared_platform: Platform) -> Iterator[Edge]:
    kind, port = str(request.param), free_port()
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
    """Words are read while the last is far from said: nothing in between waits for the whole."""
    process = subprocess.Popen(
        [
            CURL,
            "--http2",
            "--silent",
            "--no-buffer",
            "--cacert",
            str(edge.ca),
            "-d",
            json.dumps(ENDLESS),
            "-H",
            f"authorization: Bearer {edge.token}",
            "-H",
            "content-type: application/json",
            f"https://localhost:{edge.port}/v1/chat/completions",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(10)]
        process.terminate()
    assert [line[:6] for line in lines] == ["data: ", "\n"] * 5
    assert "[DONE]" not in "".join(lines)


def test_the_edge_speaks_the_hybrid_group_with_who_knows_it_and_tls_1_3_alone(edge: Edge) -> None:
    with open_connection(
        "localhost", edge.port, context=client_context(papers().ca), allowed=frozenset({"localhost"})
    ) as line:
        assert (line.group, line.version) == ("x25519mlkem768", "TLSv1.3")
    assert edge.curl("--tls-max", "1.2").returncode == 35
    with pytest.raises(HandshakeRefused):
        open_connection(
            "localhost",
            edge.port,
            context=client_context(papers().ca, groups="P-384"),
            allowed=frozenset({"localhost"}),
        )


def test_refusals_of_the_gateway_reach_the_client_as_they_are(edge: Edge) -> None:
    said = edge.curl("--http2", "-H", "authorization: Bearer forged", "--write-out", "%{http_code}")
    assert said.stdout.endswith(("401", "400"))
    # Debian's curl takes an answer that comes before a body was sent for a fault of HTTP/2, so here HTTP/1.1
    large = json.dumps({"model": "sample", "messages": [{"role": "user", "content": "x" * 5_000_000}]})
    file = edge.ca.with_name("large.json")
    file.write_text(large)
    words = (
        "--http1.1",
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
    http3 = importlib.import_module("tests.e2e.http3")  # its library is there where the proxies are
    fields = [
        (b":method", method),
        (b":scheme", b"https"),
        (b":authority", f"localhost:{edge.port}".encode()),
        (b":path", path),
        (b"authorization", f"Bearer {edge.token}".encode()),
        *([(b"content-type", b"application/json")] if body else []),
    ]
    answer: tuple[dict[bytes, bytes], bytes] = http3.ask(edge.port, edge.ca, fields, body)
    return answer
