"""Traces of a running platform: a collector gets them, of whom they should be, and nobody waits for it."""

import json
import os
import re
import signal
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from typing import Any

import msgspec
import pytest

from tests.e2e.conftest import Platform, Start, start
from tests.e2e.test_metrics import samples, scrape, total, until
from tests.e2e.test_processes import confined, process
from tests.traces.collector import CLIENT, SERVER, Answer, Collector, Told, collecting

pytestmark = pytest.mark.slow

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PROMPT = "a secret prompt"
CHAT: dict[str, Any] = {"model": "my-secret-model", "messages": [{"role": "user", "content": PROMPT}]}
EXPORTED, PROCESSED = "otel_sdk_exporter_span_exported_total", "otel_sdk_processor_span_processed_total"


def ask(platform: Platform, token: str, body: dict[str, Any] = CHAT, **fields: str) -> tuple[int, str]:
    """Return the status of an answer, and the request's id."""
    context = ssl.create_default_context(cafile=platform.authority)
    connection = HTTPSConnection("localhost", platform.port, timeout=60, context=context)
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    headers = {"Content-Type": "application/json"} | shown | fields
    with closing(connection):
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status, answer.headers["x-request-id"]


class Scene(msgspec.Struct):
    """A platform and an owner's token of it, its collector, and whether that takes anything just now."""

    platform: Platform
    token: str
    collector: Collector
    taking: threading.Event

    def of(self, request: str) -> list[Told]:
        """Return the spans of a request, the gateway's own first, once there are two."""

        def both(collector: Collector) -> list[Told]:
            return [span for span in collector.spans if _request(span) == request]

        self.collector.until(lambda collector: len(both(collector)) == 2)
        return sorted(both(self.collector), key=lambda span: span.kind)

    def counted(self, family: str, word: str) -> float:
        return total(samples(scrape(self.platform)), family, error_type=word)


def _request(span: Told) -> str:
    """Return the id of the request that a span is of; a span of a call has the digits of it."""
    own = span.attributes.get("bartizan.request.id")
    return str(own) if own is not None else f"q-{span.span}"


def configured(port: int) -> str:
    endpoint = f'endpoint = "http://127.0.0.1:{port}"\nallow_private = ["127.0.0.1:{port}"]\n'
    return f'[traces]\n{endpoint}credential = "env:COLLECTOR_KEY"\n'


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    taking = threading.Event()
    taking.set()
    with ExitStack() as stack:
        collector = stack.enter_context(collecting(lambda _: Answer(200 if taking.is_set() else 400)))
        environment = {"COLLECTOR_KEY": "collectors-secret"}
        platform = start(stack, configuration=configured(collector.port), environment=environment)
        yield Scene(platform, platform.token(), collector, taking)


def test_a_request_is_two_spans_in_its_clients_trace_under_the_id_that_the_record_has(scene: Scene) -> None:
    status, request = ask(scene.platform, scene.token, traceparent=f"00-{TRACE}-{PARENT}-01")
    assert status == 200
    served, called = scene.of(request)
    assert (served.kind, called.kind) == (SERVER, CLIENT)
    assert (served.trace, served.parent, served.flags) == (TRACE, PARENT, 0x301)
    assert (called.trace, called.parent) == (TRACE, served.span)
    assert served.start <= called.start <= called.end <= served.end
    admitted = scene.platform.record(request, "gateway.request.admitted")
    completed = scene.platform.record(request, "gateway.request.completed")
    assert served.attributes["enduser.pseudo.id"] == admitted["actor"]
    assert called.attributes["gen_ai.usage.output_tokens"] == completed["detail"]["output"]
    assert abs((served.end - served.start) // 1000 - completed["detail"]["micros"]) <= 1
    assert called.name == "chat"  # a model that nobody has configured is a client's text
    _, named = ask(scene.platform, scene.token, CHAT | {"model": "sample", "stream": True})
    _, called = scene.of(named)
    assert called.name == "chat sample"
    assert called.attributes["gen_ai.response.time_to_first_chunk"] > 0


def test_nothing_that_a_client_wrote_and_no_secret_is_told(scene: Scene) -> None:
    _, request = ask(scene.platform, scene.token, baggage="user=alice", tracestate="a=b")
    scene.of(request)
    everything = b"".join(body for _, _, body in scene.collector.requests).decode()
    for secret in (
        PROMPT,
        "my-secret-model",
        "alice",
        scene.token,
        "user.owner",
        "127.0.0.1",
        "collectors-secret",
        "a=b",
    ):
        assert secret not in everything
    shown = {headers.get("authorization") for _, headers, _ in scene.collector.requests}
    assert shown == {"Bearer collectors-secret"}
    log = (scene.platform.state / "run" / "platform.log").read_text()
    assert "collectors-secret" not in log


def test_a_stranger_is_in_no_trace(scene: Scene) -> None:
    status, request = ask(scene.platform, "", traceparent=f"00-{'9' * 32}-{PARENT}-01")
    assert status == 401
    _, later = ask(scene.platform, scene.token)
    scene.of(later)  # what came after is there
    assert request.removeprefix("q-") not in {span.span for span in scene.collector.spans}
    assert "9" * 32 not in {span.trace for span in scene.collector.spans}


def test_an_exporter_that_dies_is_replaced_and_workers_that_die_leave_what_they_noted(scene: Scene) -> None:
    pid = process(scene.platform, "exporter", "ready")["pid"]
    os.kill(pid, signal.SIGKILL)
    _, request = ask(scene.platform, scene.token)  # noted meanwhile, it waits in the pipe
    served, _ = scene.of(request)
    assert served.attributes["http.response.status_code"] == 200
    assert process(scene.platform, "exporter", "ready")["pid"] != pid
    assert confined(process(scene.platform, "exporter", "ready"))
    os.kill(process(scene.platform, "worker", "serving")["pid"], signal.SIGKILL)
    until(lambda: _answered(scene.platform, scene.token))
    _, request = ask(scene.platform, scene.token)
    scene.of(request)


def _answered(platform: Platform, token: str) -> bool:
    try:
        return ask(platform, token)[0] == 200
    except OSError:
        return False


def test_a_collector_that_refuses_costs_traces_alone_and_the_loss_is_counted_and_said(scene: Scene) -> None:
    before = scene.counted(EXPORTED, "400")
    scene.taking.clear()
    try:
        for _ in range(5):
            assert ask(scene.platform, scene.token)[0] == 200
        until(lambda: scene.counted(EXPORTED, "400") >= before + 10)
    finally:
        scene.taking.set()
    _, request = ask(scene.platform, scene.token)
    scene.of(request)
    log = (scene.platform.state / "run" / "platform.log").read_text()
    assert re.search(r"exporter \d+: the collector does not take traces: 400", log), log
    assert scene.counted(PROCESSED, "queue-full") == 0


def test_a_collector_that_hangs_makes_nobody_wait_and_the_end_of_the_platform_neither(
    platform: Start,
) -> None:
    """Neither does the platform wait for it when it stops, and what it noted last it still tried to hand over."""
    held = threading.Event()

    def hangs(_: int) -> Answer:
        held.wait(60)
        return Answer()

    with collecting(hangs) as collector:
        try:
            running = platform(
                configuration=configured(collector.port), environment={"COLLECTOR_KEY": "k" * 20}
            )
            token = running.token()
            for _ in range(20):
                assert ask(running, token)[0] == 200
            stopped = running.run("down")
            assert stopped.returncode == 0, stopped.stderr
        finally:
            held.set()


def test_what_was_noted_last_arrives_when_the_platform_stops(platform: Start) -> None:
    with collecting() as collector:
        running = platform(configuration=configured(collector.port), environment={"COLLECTOR_KEY": "k" * 20})
        token = running.token()
        requests = [ask(running, token)[1] for _ in range(20)]
        assert running.run("down").returncode == 0
        told = {span.attributes.get("bartizan.request.id") for span in collector.spans}
        assert set(requests) <= told
