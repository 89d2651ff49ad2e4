"""A service at two places: one dies under load and comes back, its credential changes meanwhile, and clients see no more than they must."""

import contextlib
import http.server
import json
import os
import signal
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPSConnection, IncompleteRead
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.e2e.conftest import Platform, start
from tests.e2e.provider import Provider
from tests.sealed import files

pytestmark = pytest.mark.slow

FIRST, SECOND = "sk-first-0123456789abcdef", "sk-second-0123456789abcdef"
PAUSE_S = 0.05
"""Between two requests of a client: the record is read back whole."""
CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]})


class Place:
    """A provider that can die with all of its connections, and come back at the same port."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self._sockets: set[socket.socket] = set()
        self.port = 0
        self.live()

    def live(self) -> None:
        sockets = self._sockets

        class Handler(Provider):
            asked = self.asked

            @override
            def setup(self) -> None:
                super().setup()
                sockets.add(self.connection)

            @override
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def die(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for one in tuple(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()


class Scene:
    def __init__(self, running: Platform, main: Place, backup: Place, key: Path) -> None:
        self.running, self.main, self.backup, self.key = running, main, backup, key
        self.token = running.token()

    def connection(self) -> HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.running.authority))
        return HTTPSConnection("localhost", self.running.port, timeout=60, context=context)

    def ask(self, connection: HTTPSConnection) -> tuple[int, str]:
        """Return status and, of a refusal, its word."""
        fields = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", CHAT, fields)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        return answer.status, str(said.get("error", {}).get("code", ""))

    def once(self) -> tuple[int, str]:
        connection = self.connection()
        try:
            return self.ask(connection)
        finally:
            connection.close()

    def record(self, kind: str) -> list[dict[str, Any]]:
        answer = self.running.run("ledger", "query", "--json", "--kind", kind, "--limit", "100000")
        assert answer.returncode == 0, answer.stderr
        told: list[dict[str, Any]] = json.loads(answer.stdout)
        return told


def becomes(true: Callable[[], bool]) -> bool:
    """Wait for something, two minutes at most."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def write(file: Path, text: str, mode: int = 0o600) -> None:
    new = file.with_suffix(".new")
    new.write_text(text)
    new.chmod(mode)
    new.replace(file)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    main, backup = Place(), Place()
    key = tmp_path_factory.mktemp("keys") / "main"
    write(key, FIRST)
    place = '{more}upstream = "http://localhost:{port}/v1"\nallow_private = ["localhost:{port}"]\n'
    first = place.format(more='[[service]]\nname = "assistant"\nweight = 3\n', port=main.port)
    second = place.format(
        more='[[service.target]]\nname = "backup"\nmodels = { "m" = "m-eu" }\n', port=backup.port
    )
    limits = "[service.limits]\nrequests_per_minute = 1000000\n"
    with ExitStack() as stack:
        stack.callback(backup.die)
        stack.callback(main.die)
        running = start(stack, configuration=f'{first}credential = "file:{key}"\n{second}{limits}')
        yield Scene(running, main, backup, key)


Came = Counter[tuple[int, str]]
CLIENTS = 3
CUT = (200, "cut")
"""What came of a request whose service died between the head of its answer and the body."""


@contextlib.contextmanager
def load(scene: Scene) -> Iterator[Came]:
    """Have clients ask without end, and yield what they are answered; none may fail but by an answer that is cut."""
    came, faults, enough = Came(), list[BaseException](), threading.Event()

    def ask() -> None:
        connection = scene.connection()
        try:
            while not enough.is_set():
                try:
                    came[scene.ask(connection)] += 1
                except IncompleteRead:
                    came[CUT] += 1
                    connection.close()
                time.sleep(PAUSE_S)
        except BaseException as fault:  # noqa: BLE001 - told by the test's own thread
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield came
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    assert not faults


def gets(place: Place, more: int) -> bool:
    """Wait until a place was asked so often again."""
    served = len(place.asked)
    return becomes(lambda: len(place.asked) >= served + more)


def test_one_of_two_targets_dies_under_load_and_no_client_sees_more_than_it_must(scene: Scene) -> None:
    with load(scene) as came:
        assert gets(scene.main, 20)
        assert gets(scene.backup, 5)
        scene.main.die()
        assert becomes(lambda: bool(scene.record("gateway.upstream.opened")))
        assert gets(scene.backup, 20)
        assert becomes(lambda: scene.running.status()["unfit"] == ["assistant/main"])
        scene.main.live()
        assert becomes(lambda: bool(scene.record("gateway.upstream.closed")))
        assert gets(scene.main, 20)
        assert becomes(lambda: scene.running.status()["unfit"] == [])
    # what was under way when the target died may have been done, so it is not repeated: one a client at most
    assert set(came) <= {(200, ""), (502, "upstream-closed"), CUT}, came
    assert came[502, "upstream-closed"] + came[CUT] <= CLIENTS
    (opened, *_) = scene.record("gateway.upstream.opened")
    assert (opened["detail"]["service"], opened["detail"]["target"]) == ("assistant", "main")
    require_account(scene, sum(came.values()))


def require_account(scene: Scene, asked: int) -> None:
    """Every request was admitted once and completed once, by a target that the record names."""
    assert becomes(lambda: len(scene.record("gateway.request.completed")) >= asked)
    admitted, completed = scene.record("gateway.request.admitted"), scene.record("gateway.request.completed")
    assert {one["subject"] for one in admitted} == {one["subject"] for one in completed}
    assert len(admitted) == len(completed) == asked
    targets = Counter(one["detail"]["target"] for one in completed)
    assert set(targets) == {"main", "backup"}
    assert {one["detail"]["upstream"] for one in completed} == {"none"}
    assert {one["body"]["model"] for one in scene.main.asked} == {"m"}
    assert {one["body"]["model"] for one in scene.backup.asked} == {"m-eu"}


def test_a_credential_is_rotated_by_its_file_in_the_running_workers_and_in_new_ones(scene: Scene) -> None:
    key = scene.key

    def presented() -> str:
        before = len(scene.main.asked)
        while len(scene.main.asked) == before:  # every fourth goes to the other one
            assert scene.once()[0] == 200
        return str(scene.main.asked[-1]["fields"]["authorization"])

    assert presented() == f"Bearer {FIRST}"
    write(key, SECOND, 0o644)  # everybody could read it: it is not used
    assert becomes(lambda: "keeps its credential" in words(scene.running))
    assert presented() == f"Bearer {FIRST}"
    write(key, SECOND)
    assert becomes(lambda: presented() == f"Bearer {SECOND}")
    (rotated,) = scene.record("gateway.credential.rotated")
    assert rotated["detail"] == {"service": "assistant", "target": "main"}
    for worker in [one for one in scene.running.status()["processes"] if one["kind"] == "worker"]:
        os.kill(
            worker["pid"], signal.SIGKILL
        )  # the spare too: both that come next take the plan as it is now
    assert becomes(lambda: answers(scene))
    assert presented() == f"Bearer {SECOND}"
    assert words(scene.running).count("keeps its credential") == 1
    everything = b"".join(octets for _, octets in files(scene.running.state))
    assert FIRST.encode() not in everything
    assert SECOND.encode() not in everything


def answers(scene: Scene) -> bool:
    try:
        return scene.once()[0] == 200
    except OSError:
        return False


def words(running: Platform) -> str:
    """Return what the platform's processes said."""
    return (running.state / "run" / "platform.log").read_text()
