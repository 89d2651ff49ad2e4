"""A real control process for tests, under a supervisor of ten lines."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from typing_extensions import override

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed, close
from bartizan.app.evidence_messages import EvidenceKept
from bartizan.app.folder import Folder
from bartizan.app.hold_messages import HoldAnswered
from bartizan.app.listeners import listen_unix
from bartizan.app.plan import Schedule
from bartizan.identity.state import State, decode
from bartizan.isolation.memory import read_sealed, sealed
from bartizan.ledger.event import Event
from bartizan.ledger.event import decode as event
from bartizan.ledger.segment import read

FIRST_KEY = b"first key of the segment 32 octs"
ISSUER = "https://localhost:8443"
SERVICES = ["sample", "control"]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        parent = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        self.sock.connect(f"/proc/self/fd/{parent}/{self._path.name}")
        os.close(parent)


class Answer(msgspec.Struct):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        """Return the body as JSON."""
        return json.loads(self.body)


class Control:
    """The process, its listeners and its segment; confirms each state at once unless told not to."""

    def __init__(
        self,
        root: Path,
        policies: dict[str, str] | None = None,
        *,
        schedules: Sequence[Schedule] = (),
        launch: Sequence[str] = (),
        admin: m.AdminReach = "local",
        evidence: Mapping[str, int] | None = None,
    ) -> None:
        self.folder = Folder(root)
        self.folder.make()
        self.states: list[State] = []
        self.confirms = True
        self.asked_for_segments = 0
        self.told: list[m.PolicyInForce | m.SignInsWatched | EvidenceKept | HoldAnswered] = []
        self._schedules, self._launch, self._admin = tuple(schedules), tuple(launch), admin
        self._evidence = dict(evidence or {})
        self._ready = threading.Event()
        self._start(policies)

    def _start(self, policies: dict[str, str] | None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        segment_number = len(list(self.folder.segments.iterdir())) + 1
        self.segment = self.folder.segments / f"{segment_number:016d}.journal"
        listeners = [listen_unix(self.folder.control_socket), listen_unix(self.folder.owner_socket)]
        segment = os.open(self.segment, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        given = [sealed(json.dumps(policies).encode())] if policies is not None else []
        fds = [*(each.fileno() for each in listeners), *given, segment, sealed(FIRST_KEY)]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-m", "bartizan.http.serve", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={},
        )
        theirs.close()
        self.channel = Channel(ours, m.ControlReports)
        boot = m.BootControl(
            state=str(self.folder.root),
            issuer=ISSUER,
            services=SERVICES,
            boot="0" * 32,
            segment=segment_number,
            sample_sha256="ab" * 32,
            launch=self._launch,
            schedules=self._schedules,
            admin=self._admin,
            evidence=self._evidence,
        )
        self.channel.send(boot, fds)
        for each in listeners:
            each.close()
        close([*given, *fds[-2:]])
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _supervise(self) -> None:
        while True:
            try:
                message, fds = self.channel.receive()
            except (ChannelClosed, OSError):
                return
            match message:
                case m.Ready():
                    self._ready.set()
                case m.PolicyInForce() | m.SignInsWatched() | EvidenceKept() | HoldAnswered():
                    self.told.append(message)
                case m.SegmentWanted():
                    self.asked_for_segments += 1
                case m.Publish():
                    self.states.append(decode(bytes(read_sealed(fds[0]))))
                    if self.confirms:
                        self.channel.send(m.Published(generation=len(self.states)))
                case _:
                    raise AssertionError(message)

    def wait(self) -> Self:
        """Return once it serves."""
        assert self._ready.wait(60), self.log()
        return self

    def log(self) -> str:
        """End it and return what it printed."""
        self.process.kill()
        return self.process.communicate(timeout=60)[0].decode()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Sequence[tuple[str, str]] = (),
        *,
        of: str = "owner",
    ) -> Answer:
        """Return the answer of the owner's API, or of the authorization server (`of="control"`)."""
        connection = UnixConnection(self.folder.owner_socket if of == "owner" else self.folder.control_socket)
        octets = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if octets or method == "POST":
            connection.putheader("Content-Length", str(len(octets)))
        connection.endheaders(octets)
        response = connection.getresponse()
        answer = Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )
        connection.close()
        return answer

    def events(self) -> list[Event]:
        """Return what stands in its journal segment, each record's tag checked."""
        found = read(self.segment.read_bytes(), FIRST_KEY, 0)
        assert found.fault is None
        return [event(body) for body in found.bodies]

    def kinds(self) -> list[str]:
        """Return the kinds of the events, in order."""
        return [event.kind for event in self.events()]

    def end(self) -> int:
        """Ask it to end, and return its status."""
        self.process.terminate()
        return self.process.wait(60)

    def __enter__(self) -> Self:
        return self.wait()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)
        self.channel.close()
