"""Real Envoy and Caddy in front of a platform that trusts them: strangers count each for itself, and none can be another."""

import importlib
import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crypto.scene import files
from tests.e2e import proxies
from tests.e2e.conftest import Platform, start
from tests.e2e.test_edge import STARTS
from tests.ports import free_port

pytestmark = [pytest.mark.slow, proxies.needed]
CURL = str(shutil.which("curl"))
SECRET = "0123456789abcdef" * 4
CONFIGURATION = '[edge]\nsecret = "env:EDGE"\ntrusted = ["127.0.0.1"]\n'
FORGED = "x.y.z"


@dataclass(frozen=True)
class Edge:
    """A proxy in front of a platform that trusts it; strangers come from networks of this machine."""

    platform: Platform
    port: int
    ca: Path

    def asked(self, address: str, *words: str, token: str = FORGED, times: int = 1) -> list[str]:
        """Return the statuses of a client at an address that asks as often."""
        return _curl(self.ca, self.port, address, *words, token=token, times=times)


def _curl(ca: Path, port: int, address: str, *words: str, token: str, times: int) -> list[str]:
    own = ("--silent", "--max-time", "60", "--cacert", str(ca), "--interface", address)
    told = ("-o", "/dev/null", "-w", "%{http_code}\\n", "-H", f"authorization: Bearer {token}")
    where = f"https://localhost:{port}/v1/models#[1-{times}]"
    done = subprocess.run([CURL, *own, *told, *words, where], capture_output=True, text=True, check=False)
    return done.stdout.split()


def strangers(platform: Platform) -> Counter[str]:
    """Return how many requests of each network the record counts as refused."""
    words = ("ledger", "query", "--json", "--kind", "gateway.request.refused", "--limit", "1000")
    found: Counter[str] = Counter()
    for event in json.loads(platform.run(*words).stdout):
        found[event["actor"]] += event["detail"].get("count", 1)
    return found


def until_counted(platform: Platform, before: Counter[str], counts: list[int]) -> None:
    """Return once the record has so many more requests, of as many networks as there are counts."""
    more: Counter[str] = Counter()
    for _ in range(200):
        more = strangers(platform) - before
        if more.total() >= sum(counts):
            break
        time.sleep(0.1)
    assert sorted(more.values()) == sorted(counts)


@pytest.fixture(scope="module")
def trusting() -> Iterator[Platform]:
    with ExitStack() as stack:
        yield start(stack, configuration=CONFIGURATION, environment={"EDGE": SECRET})


@pytest.fixture(scope="module", params=list(STARTS))
def edge(request: pytest.FixtureRequest, trusting: Platform) -> Iterator[Edge]:
    kind, port = str(request.param), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-")))
        ca, pair = files(folder)
        words = ("--host", "localhost", "--listen", "127.0.0.1", "--port", str(port))
        own = ("--certificate", str(pair), "--key", str(pair))
        written = trusting.run("edge", kind, *words, *own, "--gateway", f"localhost:{trusting.port}")
        assert written.returncode == 0, written.stderr
        assert SECRET not in written.stdout
        file = folder / ("envoy.yaml" if kind == "envoy" else "Caddyfile")
        file.write_text(written.stdout)
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("BARTIZAN_EDGE", SECRET)
        found = Edge(trusting, port, ca)
        token = trusting.token()
        stack.enter_context(STARTS[kind](file, lambda: found.asked("127.0.0.1", token=token) == ["200"]))
        yield found


def test_each_stranger_counts_for_itself_whatever_it_says(edge: Edge) -> None:
    before = strangers(edge.platform)
    names = ("X-Bartizan-Client", "X-Forwarded-For", "Forwarded", "X-Real-IP")
    forged = [word for name in names for word in ("-H", f"{name}: 127.0.72.1")]
    assert set(edge.asked("127.0.71.1", *forged, times=5)) == {"401"}
    assert set(edge.asked("127.0.71.2", *forged, "-H", f"X-Bartizan-Edge: {SECRET}", times=2)) == {"401"}
    assert set(edge.asked("127.0.72.1", "-H", "X-Bartizan-Edge: -", times=3)) == {"401"}
    assert set(edge.asked("127.0.73.1", "--http1.1", times=11)) == {"401"}
    until_counted(edge.platform, before, [7, 3, 11])
    assert edge.asked("127.0.71.1", *forged, token=edge.platform.token()) == ["200"]


def test_a_client_of_http_3_is_named_too(edge: Edge) -> None:
    http3 = importlib.import_module("tests.e2e.http3")  # its library is there where the proxies are
    fields = [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", f"localhost:{edge.port}".encode()),
        (b":path", b"/v1/models"),
        (b"authorization", f"Bearer {edge.platform.token()}".encode()),
        (b"x-bartizan-client", b"unknown"),
    ]
    answer, body = http3.ask(edge.port, edge.ca, fields, b"")
    assert (answer[b":status"], json.loads(body)["data"][0]["id"]) == (b"200", "sample")


def test_who_goes_around_the_edge_is_who_it_is(trusting: Platform) -> None:
    """Whoever reaches the gateway itself names addresses in vain, with a guessed secret or from elsewhere with the true one."""
    before = strangers(trusting)
    for address, secret, times in (("127.0.0.1", "guessed" * 8, 5), ("127.0.75.1", SECRET, 7)):
        for other in ("127.0.76.1", "127.0.77.1"):
            words = ("-H", f"X-Bartizan-Edge: {secret}", "-H", f"X-Bartizan-Client: {other}")
            _curl(trusting.authority, trusting.port, address, *words, token=FORGED, times=times)
    until_counted(trusting, before, [10, 14])
