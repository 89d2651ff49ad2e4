"""Load: wrk for throughput, and clients of our own for one connection's latency and a stream's first byte."""

import re
import socket
import ssl
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
BODY = (
    b'{"model":"sample","messages":[{"role":"system","content":"You are a helpful assistant."},'
    b'{"role":"user","content":"What is the highest tower of the old town, and who may climb it on Sundays?"}],'
    b'"temperature":0.2,"max_tokens":64}'
)
STREAM_BODY = BODY.replace(b"sample", b"sample-stream")[:-1] + b',"stream":true}'

_LUA = """
local requests, at = {}, 0
function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, token = line:match("^(%S+) (%S+)$")
    local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token}
    requests[#requests + 1] = wrk.format("POST", path, headers, arguments[2])
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function response(status)
  if status ~= 200 then refused = (refused or 0) + 1 end
end
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function done(summary, latency)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + (thread:get("refused") or 0) end
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), refused,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class LoadFailed(RuntimeError):
    """The load did not run, or did not get answers; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a system answers, and with what.

    Attributes:
        port: on 127.0.0.1.
        tls: whether it speaks TLS; the certificate is not checked, for all peers alike.
        calls: path and token of each request, in the order that the load goes through.
    """

    port: int
    tls: bool
    calls: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        """Where wrk connects to."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Burst:
    """What one run of wrk saw: requests, their rate per second, latencies in ms, answers that were not 200."""

    requests: int
    rate: float
    p50_ms: float
    p99_ms: float
    failed: int


class Bursting:
    """A run of wrk; `seen` once it has ended."""

    seen: Burst


@contextmanager
def bursting(entry: Entry, seconds: int, folder: Path) -> Iterator[Bursting]:
    """Have a closed loop of 32 connections ask for so many seconds, beside the block and at most as long as it takes."""
    script, calls = folder / "load.lua", folder / f"calls-{entry.port}.txt"
    script.write_text(_LUA)
    calls.write_text("".join(f"{path} {token}\n" for path, token in entry.calls))
    words = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--timeout",
        "10s",
        "-s",
        str(script),
        entry.url,
    ]
    run = Bursting()
    with subprocess.Popen(
        [*words, "--", str(calls), BODY.decode()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield run
        except BaseException:
            process.kill()
            raise
        told, faults = process.communicate()
    found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", told, re.MULTILINE)
    if found is None:
        raise LoadFailed(f"wrk on {entry.url}: {told[-500:]} {faults[-500:]}")
    requests, micros, p50, p99, refused, errors = map(int, found.groups())
    if not requests or refused + errors > requests / 100:
        raise LoadFailed(f"{entry.url} refused {refused} of {requests} requests; {errors} errors")
    run.seen = Burst(requests, requests / (micros / 1e6), p50 / 1000, p99 / 1000, refused + errors)


def burst(entry: Entry, seconds: int, folder: Path) -> Burst:
    """Return what a closed loop of 32 connections gets in so many seconds."""
    with bursting(entry, seconds, folder) as run:
        pass
    return run.seen


def connect(entry: Entry) -> socket.socket:
    """Return a connection to a system under test."""
    sock = socket.create_connection(("127.0.0.1", entry.port), 30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not entry.tls:
        return sock
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname="localhost")


def request(call: tuple[str, str], body: bytes) -> bytes:
    """Return the octets of a request for a path, with its token and this body."""
    path, token = call
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def latency_us(entry: Entry, times: int) -> float:
    """Return the median time of a request on one kept connection, microseconds."""
    octets, spans = request(entry.calls[0], BODY), []
    with connect(entry) as sock:
        for _ in range(times):
            start = time.perf_counter_ns()
            sock.sendall(octets)
            whole(sock)
            spans.append(time.perf_counter_ns() - start)
    return statistics.median(spans[times // 10 :]) / 1000


def whole(sock: socket.socket) -> None:
    """Read one whole answer of 200; raises LoadFailed for another."""
    told = b""
    while b"\r\n\r\n" not in told:
        told += _some(sock)
    head, _, body = told.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise LoadFailed(f"answered {told[:300]!r}")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    while len(body) < int(length.group(1)) if length else not body.endswith(b"0\r\n\r\n"):
        body += _some(sock)


def _some(sock: socket.socket) -> bytes:
    octets = sock.recv(65536)
    if not octets:
        raise LoadFailed("the connection was closed before the answer was whole")
    return octets


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as a client saw it.

    Attributes:
        first_ms: from the request's last octet to the first event's first.
        events: seen.
        merged: of them, those that came in one read with an earlier one.
    """

    first_ms: float
    events: int
    merged: int


def stream(entry: Entry) -> Stream:
    """Return how one streamed answer comes in, on a connection of its own that is open before the clock starts.

    Raises:
        LoadFailed: it is no stream of events.
    """
    first_ns, events, merged, told = 0, 0, 0, b""
    with connect(entry) as sock:
        sock.sendall(request(entry.calls[0], STREAM_BODY))
        start = time.perf_counter_ns()
        while b"data: [DONE]" not in told:
            octets = _some(sock)
            if not told and not octets.startswith(b"HTTP/1.1 200"):
                raise LoadFailed(f"a stream was answered {octets[:300]!r}")
            if b"data: " in octets:
                first_ns = first_ns or time.perf_counter_ns() - start
            here = octets.count(b"data: {")
            events, merged, told = events + here, merged + max(here - 1, 0), (told + octets)[-1 << 16 :]
    if not events:
        raise LoadFailed("a stream ended without an event")
    return Stream(first_ns / 1e6, events, merged)
