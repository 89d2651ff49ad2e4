"""Connectors of a running platform: every entry reaches every receiver that answers, whoever is killed meanwhile."""

import base64
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.app.shipping.ground import in_order_at_least_once
from tests.app.shipping.listeners import Syslog, Web, syslog, web
from tests.connectors.test_requests import verified
from tests.e2e.conftest import Platform, start
from tests.e2e.test_metrics import samples, scrape, total
from tests.e2e.test_processes import confined, process, until
from tests.egress.scene import listening

pytestmark = pytest.mark.slow
KEY = b"0123456789abcdef0123456789abcdef"
SECRETS = {"HOOK_KEY": "whsec_" + base64.b64encode(KEY).decode(), "HEC_TOKEN": "splunks-secret-token"}
FOUND: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "Scanner X"}},
            "results": [{"ruleId": "R1", "message": {"text": "mine"}}],
        }
    ],
}


class Scene(msgspec.Struct):
    """A platform, and the receivers of its connectors; `web_takes` says whether the web ones answer."""

    platform: Platform
    syslog: Syslog
    hook: Web
    splunk: Web
    web_takes: threading.Event

    @property
    def file(self) -> Path:
        return self.platform.folder / "entries.jsonl"

    def size(self) -> int:
        return int(self.platform.status()["entries"])

    def in_file(self) -> list[int]:
        lines = self.file.read_bytes().split(b"\n")[:-1] if self.file.exists() else []
        return [json.loads(line)["metadata"]["sequence"] for line in lines]

    def in_syslog(self) -> list[int]:
        return [
            int(each.partition(b"externalId=")[2].partition(b" ")[0]) for each in tuple(self.syslog.messages)
        ]

    def in_hook(self) -> list[int]:
        taken = (body for _, _, body in tuple(self.hook.requests))
        return [entry["entry"] for body in taken for entry in json.loads(body)["data"]["entries"]]

    def work(self) -> int:
        """Have something recorded; return the size of the tree with it."""
        before = self.size()
        self.platform.token()
        until(lambda: self.size() > before)
        return self.size()

    def shown(self, name: str) -> dict[str, Any]:
        return next(one for one in self.platform.status()["connectors"] if one["name"] == name)


def configured(syslog: int, hook: int, splunk: int, hangs: int) -> str:
    """Return a configuration: a file, syslog, a webhook, a filtered collector, and one that never answers."""

    def one(name: str, kind: str, url: str, port: int = 0, *more: str) -> str:
        allowed = [f'allow_private = ["127.0.0.1:{port}"]'] if port else []
        return "\n".join(
            ("[[connector]]", f'name = "{name}"', f'kind = "{kind}"', f'url = "{url}"', *allowed, *more, "")
        )

    return "\n".join(
        (
            one("to-file", "ocsf", "file:entries.jsonl"),
            one("to-syslog", "cef", f"syslog+tcp://127.0.0.1:{syslog}", syslog),
            one("to-hook", "webhook", f"http://127.0.0.1:{hook}/hook", hook, 'credential = "env:HOOK_KEY"'),
            one(
                *(
                    "to-splunk",
                    "splunk",
                    f"http://127.0.0.1:{splunk}",
                    splunk,
                    'credential = "env:HEC_TOKEN"',
                ),
                *('kinds = ["access.token"]', 'outcomes = ["done"]', 'start = "now"'),
            ),
            one("to-nowhere", "json", f"http://127.0.0.1:{hangs}", hangs, 'stalled = "1m"'),
        )
    )


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    left, takes = threading.Event(), threading.Event()
    takes.set()

    def hangs(_: socket.socket) -> None:
        left.wait(120)

    with ExitStack() as stack:
        stack.callback(left.set)

        def answered(said: bytes) -> Callable[[int], tuple[int, dict[str, str], bytes]]:
            return lambda _: (200 if takes.is_set() else 503, {}, said)

        receiver = stack.enter_context(syslog())
        hook = stack.enter_context(web(answered(b"")))
        splunk = stack.enter_context(web(answered(b'{"text":"Success","code":0}')))
        port = stack.enter_context(listening(hangs))
        text = configured(receiver.port, hook.port, splunk.port, port)
        platform = start(stack, configuration=text, environment=SECRETS)
        stack.callback(left.set)  # before the platform is stopped, and the listener behind it
        yield Scene(platform, receiver, hook, splunk, takes)


def test_every_receiver_gets_every_entry_that_is_for_it_though_one_of_them_hangs(scene: Scene) -> None:
    size = scene.work()
    for got in (scene.in_file, scene.in_syslog, scene.in_hook):
        until(lambda got=got: set(range(size)) <= set(got()))  # type: ignore[misc]
        found = got()
        assert in_order_at_least_once(found, range(max(found) + 1))
    until(lambda: scene.splunk.requests)
    told = [json.loads(line) for _, _, body in scene.splunk.requests for line in body.split(b"\n")]
    assert {each["event"]["kind"] for each in told} == {"access.token.issued"}
    _, headers, body = scene.hook.requests[0]
    assert verified(headers, body, KEY)
    assert scene.splunk.requests[0][1]["authorization"] == "Splunk splunks-secret-token"


def test_the_shipper_is_killed_and_nothing_is_lost_or_out_of_order(scene: Scene) -> None:
    for _ in range(3):
        shipper = process(scene.platform, "shipper", "ready")["pid"]
        scene.platform.token()
        os.kill(shipper, signal.SIGKILL)
        size = scene.work()
        until(lambda shipper=shipper: process(scene.platform, "shipper", "ready")["pid"] != shipper)  # type: ignore[misc]
        assert confined(process(scene.platform, "shipper", "ready"))
        for got in (scene.in_file, scene.in_syslog, scene.in_hook):
            until(lambda got=got, size=size: set(range(size)) <= set(got()))  # type: ignore[misc]
            found = got()
            assert in_order_at_least_once(found, range(max(found) + 1))


def test_what_a_receiver_does_not_take_waits_is_shown_and_comes_later(scene: Scene) -> None:
    scene.web_takes.clear()
    size = scene.work()
    until(lambda: scene.shown("to-hook")["word"] == "answered-503" and scene.shown("to-hook")["waiting"] > 0)
    until(lambda: set(range(size)) <= set(scene.in_file()))  # another one's receiver keeps nobody waiting
    shown = scene.platform.run("status").stdout
    assert "to-hook: " in shown
    assert "trying again: answered-503" in shown
    found = samples(scrape(scene.platform))
    assert total(found, "bartizan_connector_waiting", connector="to-hook") > 0
    assert total(found, "bartizan_connector_delivered", connector="to-file") > 0
    assert total(found, "bartizan_connector_stalled", connector="to-file") == 0
    scene.web_takes.set()
    until(lambda: set(range(size)) <= set(scene.in_hook()), seconds=120)
    until(lambda: scene.shown("to-hook")["word"] == "")


def test_a_file_that_is_rotated_is_begun_anew_though_the_shipper_can_open_none(scene: Scene) -> None:
    until(lambda: scene.shown("to-file")["waiting"] == 0)
    rotated = scene.file.with_suffix(".1")
    scene.file.rename(rotated)
    size = scene.work()
    until(lambda: size - 1 in scene.in_file())
    scene.file.write_bytes(rotated.read_bytes() + scene.file.read_bytes())
    whole = scene.in_file()
    assert in_order_at_least_once(whole, range(max(whole) + 1))


def test_findings_of_another_tool_go_on_record_once_and_out_again_without_their_text(scene: Scene) -> None:
    (scene.platform.folder / "found.sarif").write_text(json.dumps(FOUND))
    first = scene.platform.run("import", "sarif", "found.sarif", "--json")
    again = scene.platform.run("import", "sarif", "found.sarif", "--json")
    assert (json.loads(first.stdout)["recorded"], json.loads(again.stdout)["recorded"]) == (1, 0)
    until(lambda: b"threats.finding.imported" in scene.file.read_bytes())
    (line,) = [line for line in scene.file.read_bytes().splitlines() if b"threats.finding.imported" in line]
    event = json.loads(line)
    assert event["class_uid"] == 2004
    assert event["unmapped"]["detail.source"] == "scanner-x"
    assert event["finding_info"]["analytic"]["uid"] == "r1"
    assert b"mine" not in line
    (scene.platform.folder / "out.jsonl").write_bytes(scene.file.read_bytes())
    back = scene.platform.run(
        "import", "ocsf", "out.jsonl", "--json"
    )  # our own export is a document like any other
    assert back.returncode == 0, back.stderr
    assert "bartizan" in {row["source"] for row in json.loads(back.stdout)["findings"]}


def test_one_that_delivers_nothing_for_long_is_a_finding_on_record_and_on_screen(scene: Scene) -> None:
    until(lambda: scene.shown("to-nowhere")["stalled"], seconds=180)
    event = scene.platform.record("to-nowhere", "platform.connector.stalled")
    assert event["outcome"] == "found"
    assert event["detail"]["waiting"] > 0
    assert event["detail"]["reason"] in {"unreachable", "silent"}
    assert "to-nowhere" in scene.platform.run("status").stdout
    until(lambda: b"platform.connector.stalled" in scene.file.read_bytes())


def test_no_secret_is_in_any_log_status_or_record(scene: Scene) -> None:
    told = "".join(
        path.read_text(errors="replace")
        for path in (scene.platform.state / "run").iterdir()
        if path.is_file()
    )
    told += scene.platform.run("status", "--json").stdout + scene.platform.run("config", "show").stdout
    told += scene.file.read_text()
    for secret in SECRETS.values():
        assert secret not in told
