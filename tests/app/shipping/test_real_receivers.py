"""rsyslog and NATS JetStream, as Debian has them, take what is shipped and understand it."""

import base64
import json
import random
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from bartizan.app.shipping.courier import Courier, Ports
from bartizan.app.shipping.outcome import Later, Taken
from bartizan.app.shipping.queue import Jetstream
from bartizan.app.shipping.stream import Datagram, Stream
from tests.app.shipping.ground import SOURCE, Shipyard, in_order_at_least_once
from tests.app.shipping.listeners import at, entries
from tests.app.shipping.servers import Nats, Rsyslog, rsyslog, until
from tests.crypto.scene import papers

pytestmark = pytest.mark.slow
SHOWN = "bartizan:of-this-test-alone"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rsyslog]:
    with rsyslog(tmp_path_factory.mktemp("rsyslog")) as running:
        yield running


@pytest.mark.parametrize(
    ("scheme", "kind", "first"),
    [
        ("syslog+tcp", "ocsf", 0),
        ("syslog+tcp", "cef", 1000),
        ("syslog+tls", "ecs", 2000),
        ("syslog+tls", "leef", 3000),
        ("syslog+udp", "json", 4000),
    ],
)
def test_rsyslog_gets_every_entry_in_order_with_its_head(
    server: Rsyslog, scheme: str, kind: str, first: int
) -> None:
    port = {"syslog+tcp": server.tcp, "syslog+tls": server.tls, "syslog+udp": server.udp}[scheme]
    wanted = range(first, first + 150)
    if scheme == "syslog+udp":
        datagram = Datagram(at(port, scheme, kind=kind), SOURCE)
        assert datagram(entries(150, first)) == Taken()
        datagram.close()
    else:
        assert Stream(at(port, scheme, kind=kind), SOURCE)(entries(150, first)) == Taken()

    def came() -> list[list[str]]:
        return [line for line in server.lines() if (place := _place(line[1])) and place - 1 in wanted]

    until(lambda: len(came()) >= 150)
    assert [_place(data) - 1 for _, data, _ in came()] == list(wanted)
    assert {msgid for msgid, *_ in came()} == {"access.principal.revoked"}
    said = came()[7][2]
    if kind in {"ocsf", "ecs", "json"}:
        assert json.loads(said)
    else:
        assert said.lstrip().startswith(("CEF:0|Bartizan|", "LEEF:2.0|Bartizan|"))


def _place(data: str) -> int:
    return int(data.partition('sequenceId="')[2].partition('"')[0] or 0)


# ---- NATS ------------------------------------------------------------------------------------------------
class Admin:
    """Somebody with the server's password: makes the stream and reads it, in the protocol's own words."""

    def __init__(self, nats: Nats, *, tls: bool = False) -> None:
        self.end: socket.socket = socket.create_connection(("127.0.0.1", nats.port), 10)
        self.rest = b""
        self._line()
        if tls:
            context = ssl.create_default_context(cadata=papers().ca.decode())
            self.end = context.wrap_socket(self.end, server_hostname="localhost")
        user, _, password = SHOWN.partition(":")
        shown = json.dumps({"verbose": False, "user": user, "pass": password, "headers": True})
        self.end.sendall(f"CONNECT {shown}\r\nSUB box 1\r\nPING\r\n".encode())
        while self._line() != b"PONG":
            pass

    def _line(self) -> bytes:
        while b"\r\n" not in self.rest:
            self.rest += self.end.recv(65_536)
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def ask(self, subject: str, said: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(said).encode()
        self.end.sendall(f"PUB $JS.API.{subject} box {len(body)}\r\n".encode() + body + b"\r\n")
        while not (line := self._line()).startswith(b"MSG box"):
            pass
        length = int(line.split()[-1])
        while len(self.rest) < length + 2:
            self.rest += self.end.recv(65_536)
        answer, self.rest = self.rest[:length], self.rest[length + 2 :]
        found = json.loads(answer)
        assert isinstance(found, dict)
        return found

    def make(self, **more: object) -> None:
        stream = {
            "name": "AUDIT",
            "subjects": ["audit.>"],
            "storage": "file",
            "duplicate_window": 120_000_000_000,
        }
        assert "error" not in self.ask("STREAM.CREATE.AUDIT", stream | more)

    def messages(self) -> list[int]:
        """Return the index of each entry that the stream holds, in its order."""
        state = self.ask("STREAM.INFO.AUDIT", {})["state"]
        found = []
        for number in range(state["first_seq"], state["last_seq"] + 1):
            message = self.ask("STREAM.MSG.GET.AUDIT", {"seq": number})["message"]
            found.append(int(json.loads(base64.b64decode(message["data"]))["entry"]))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end.close()


def to(nats: Nats, scheme: str = "nats", **more: object) -> Jetstream:
    known: dict[str, object] = {"path": "/audit.entries", "credential": SHOWN} | more
    return Jetstream(at(nats.port, scheme, **known), SOURCE)


def test_a_stream_has_each_entry_once_however_often_it_is_delivered(tmp_path: Path) -> None:
    nats = Nats(tmp_path)
    with nats.running():
        assert to(nats)(entries(3)) == Later("no-stream")
        with Admin(nats) as admin:
            admin.make()
            assert to(nats)(entries(150)) == Taken()
            assert to(nats)(entries(150)) == Taken()
            assert admin.messages() == list(range(150))
        assert to(nats, credential="bartizan:wrong")(entries(1)) == Later("server-refused")
        assert to(nats, credential="")(entries(1)) == Later("server-refused")
        assert to(nats, "nats+tls")(entries(1)) == Later("handshake-refused")


def test_tls_begins_before_anything_is_shown(tmp_path: Path) -> None:
    nats = Nats(tmp_path, tls=True)
    with nats.running(), Admin(nats, tls=True) as admin:
        admin.make()
        assert to(nats, "nats+tls")(entries(5)) == Taken()
        assert admin.messages() == list(range(5))
        assert to(nats)(entries(1)) == Later("tls-wanted")
        stranger = to(nats, "nats+tls", authorities=papers().chain.decode())
        assert stranger(entries(1)) == Later("certificate-refused")


def test_a_server_that_is_killed_at_random_moments_loses_no_entry(tmp_path: Path) -> None:
    ground, chance = Shipyard(tmp_path / "ledger"), random.Random(7)  # noqa: S311
    size, nats = ground.grow(900), Nats(tmp_path)
    one = Courier(
        at(nats.port, "nats"),
        ground.folder,
        tmp_path / "cursors",
        Ports(to(nats), lambda *_: False, lambda: 0.5),
    )
    with nats.running(), Admin(nats) as admin:
        admin.make()
        nats.kill()
    while one.next < size:
        with nats.running():
            for _ in range(chance.randrange(1, 3)):
                one.turn()
            nats.kill()
        one.turn()
        assert one.next == size or one.word == "unreachable"
    with nats.running(), Admin(nats) as admin:
        assert in_order_at_least_once(admin.messages(), range(size))
