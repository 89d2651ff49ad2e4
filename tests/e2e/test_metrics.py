"""The numbers of a running platform: what a dashboard asks for is there, nobody is named, and no death loses them."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bartizan.app.guard_judge.counts import COUNTED as JUDGED
from bartizan.app.metrics import FAMILIES
from tests.e2e.conftest import Platform, start
from tests.ledger.histories import cosigner
from tests.traces.collector import collecting

pytestmark = pytest.mark.slow
DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana" / "bartizan.json"
CHAT = {"model": "secret-model-name", "messages": [{"role": "user", "content": "a secret prompt"}]}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def ask(platform: Platform, path: str, body: object = None, token: str = "") -> int:
    context = ssl.create_default_context(cafile=platform.authority)
    connection = HTTPSConnection("localhost", platform.port, timeout=240, context=context)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    octets = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", path, octets, headers)
    with closing(connection), connection.getresponse() as answer:
        answer.read()
        return answer.status


def scrape(platform: Platform) -> str:
    told = platform.run("metrics")
    assert told.returncode == 0, told.stderr
    return told.stdout


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(found: Samples, name: str, **labels: str) -> float:
    return sum(
        value
        for (each, said), value in found.items()
        if each == name and labels.items() <= dict(said).items()
    )


def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to that")


def queries(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", ()))


def require_answered(found: Samples) -> None:
    """Every query of the dashboard names what there is."""
    asked = list(queries(json.loads(DASHBOARD.read_text())["panels"]))
    known = {name for name, _ in found}
    assert len(asked) > 20
    for query in asked:
        names = set(
            re.findall(
                r"\b(?:bartizan|http|gen_ai|otel)_[a-z_]+(?=[\[{)])", re.sub(r"by \([^)]*\)", "", query)
            )
        )
        assert names, query
        assert names <= known, query
        labels = set(re.findall(r"([a-z_]+)(?:=~|!=|=)\"", query))
        for several in re.findall(r"by \(([a-z_, ]+)\)", query):
            labels |= set(several.split(", "))
        there = {label for name, said in found for label, _ in said if name in names}
        assert labels <= there, query


def require_beside(found: Samples) -> None:
    """What is beside requests is counted too: traces, pools, circuits and limiters."""
    for family in ("otel_sdk_exporter_span_exported_total", "otel_sdk_processor_span_processed_total"):
        assert total(found, family, error_type="") == 4
    assert total(found, "bartizan_upstream_connections", service="sample", target="main") >= 1
    assert total(found, "bartizan_upstream_circuit") == 0
    assert total(found, "bartizan_limiter_entries", limiter="principals") == 1


def require_scraped(running: Platform) -> None:
    """A scraper gets the same for its token, and nobody else anything."""
    host, _, port = running.status()["metrics"].rpartition(":")
    token = (running.state / "keys" / "metrics.token").read_text().strip()
    for shown, status in (
        (f"Bearer {token}", 200),
        (f"Bearer {running.token()}", 401),
        (token, 401),
        ("", 401),
    ):
        with closing(HTTPConnection(host, int(port), timeout=240)) as connection:
            connection.request("GET", "/metrics", headers={"Authorization": shown})
            with connection.getresponse() as answer:
                text = answer.read().decode()
                assert answer.status == status
        assert ("bartizan_accepting" in text) == (status == 200)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that counts all that there is to count; its witness is away."""
    keys = tmp_path_factory.mktemp("witness") / "witness.pub"
    keys.write_bytes(cosigner().witness.encode())
    with ExitStack() as stack:
        port = stack.enter_context(collecting()).port
        yield start(
            stack,
            configuration='[metrics]\nlisten = "127.0.0.1:0"\n'
            f'[traces]\nendpoint = "http://127.0.0.1:{port}"\nallow_private = ["127.0.0.1:{port}"]\n'
            '[[connector]]\nname = "file"\nkind = "json"\nurl = "file:entries.jsonl"\n'
            f'[[witness]]\nname = "away"\nurl = "http://127.0.0.1:9"\nkeys = "{keys}"\n'
            'allow_private = ["127.0.0.1:9"]\n',
        )


def test_what_happened_is_counted_and_outlives_the_worker_that_counted_it(running: Platform) -> None:
    token = running.token()
    assert ask(running, "/v1/chat/completions", {**CHAT, "stream": True}, token) == 200
    assert ask(running, "/v1/chat/completions", CHAT, token) == 200
    assert ask(running, "/v1/chat/completions", CHAT) == 401
    assert ask(running, "/readyz") == 200

    count = "http_server_request_duration_seconds_count"
    until(
        lambda: (
            total(samples(scrape(running)), count, service="sample", http_response_status_class="2xx") == 2
        )
    )
    until(lambda: total(samples(scrape(running)), "otel_sdk_exporter_span_exported_total") == 4)
    text = scrape(running)
    found = samples(text)
    require_beside(found)
    assert total(found, "bartizan_requests_refused_total", reason="token-missing") == 1
    assert total(found, "gen_ai_server_time_to_first_token_seconds_count", service="sample") == 1
    assert total(found, "gen_ai_client_token_usage_count") >= 2
    assert total(found, "bartizan_tls_handshakes_total") == 4
    assert total(found, "bartizan_accepting") == 1
    for secret in ("secret", "owner", token, "127.0.0", "p-", "a-0"):
        assert secret not in text

    require_answered(found)
    require_scraped(running)

    serving = [one["pid"] for one in running.status()["processes"] if one["state"] == "serving"]
    os.kill(serving[0], signal.SIGKILL)

    def again() -> bool:
        try:
            return ask(running, "/v1/chat/completions", CHAT, token) == 200
        except OSError:
            return False

    until(again)
    until(
        lambda: (
            total(samples(scrape(running)), count, service="sample", http_response_status_class="2xx") == 3
        )
    )


def test_prometheus_own_tool_finds_no_fault_with_what_is_told(running: Platform) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("needs promtool (Debian's package prometheus)")
    assert ask(running, "/v1/chat/completions", CHAT, running.token()) == 200
    assert ask(running, "/v1/chat/completions", CHAT) == 401
    until(lambda: "otel_sdk_exporter_span_exported_total" in scrape(running))
    text = scrape(running)
    assert {family.name for family in text_string_to_metric_families(text)} == {
        family.exposed for family in FAMILIES if family not in JUDGED
    }

    def fault(told: str) -> str:
        done = subprocess.run(
            (tool, "check", "metrics"), input=told, capture_output=True, text=True, timeout=240, check=False
        )
        return f"{done.returncode} {done.stdout}{done.stderr}"

    assert fault(text) == "0 "
    # it does find some
    assert "_total" in fault(text.replace("refused_total", "refused"))
    assert "error" in fault(text.replace('reason="', "reason="))


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    """As far as its model says: what it requires of a dashboard, a panel and a target."""
    board = json.loads(DASHBOARD.read_text())
    assert {"title", "uid", "schemaVersion", "version", "panels", "templating", "time"} <= board.keys()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        assert {"id", "type", "title", "gridPos"} <= panel.keys()
        assert panel["type"] in {"row", "stat", "timeseries"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        squares = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not squares & taken
        taken |= squares
        for target in panel.get("targets", ()):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["expr"].count("(") == target["expr"].count(")")
            assert target["refId"]
