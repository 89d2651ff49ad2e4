"""Bartizan itself as a system under test: a platform of its own, with principals, tokens and services to load."""

import http.client
import json
import random
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import PIPE, STDOUT, run
from urllib.parse import urlencode

from typing_extensions import override

from bench.bed.load import Entry
from bench.bed.peers import System, Upstream
from bench.bed.processes import PeerFailed

SERVICES, PRINCIPALS, TOKENS, SPARE, CALLS = 100, 50, 1000, 400, 4096
"""Services, principals, tokens in use, tokens to revoke, and requests until the load starts again."""
_SKEW, _APART_S = 1.1, 1.0
_COMMAND = str(Path(sys.executable).with_name("bartizan"))


class Owner(http.client.HTTPConnection):
    """The owner's API of a platform, over its unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("owner", timeout=30)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self._path))

    def post(self, path: str, body: object) -> dict[str, str]:
        """Return the answer to a POST."""
        return self._ask("POST", path, body)

    def put(self, path: str) -> dict[str, str]:
        """Return the answer to a PUT that says nothing."""
        return self._ask("PUT", path, None)

    def delete(self, path: str) -> dict[str, str]:
        """Return the answer to a DELETE of whatever is there."""
        return self._ask("DELETE", path, None)

    def _ask(self, method: str, path: str, body: object) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "If-Match": "*"}
        self.request(method, f"/admin/v1{path}", "" if body is None else json.dumps(body), headers)
        answer = self.getresponse()
        told = answer.read()
        self.close()  # the server ends idle connections
        if answer.status >= 300:
            raise PeerFailed(f"the owner's API answered {answer.status} to {path}: {told[:300]!r}")
        found: dict[str, str] = json.loads(told)
        return found


@dataclass(frozen=True, slots=True)
class Stand:
    """A running platform.

    Attributes:
        port: of its gateway.
        owner: its owner's API.
        root: process id of its supervisor.
        sample: process ids that do not count.
    """

    port: int
    owner: Owner
    root: int
    sample: frozenset[int]


@contextmanager
def platform(folder: Path, behind: Upstream, *, tls: bool) -> Iterator[Stand]:
    """Run a platform in front of 100 services, all of them one upstream, until the block ends."""
    name = "Bartizan TLS" if tls else "Bartizan"
    place, state = folder / name.replace(" ", "-"), folder / ("t" if tls else "p")
    place.mkdir()
    (place / "bartizan.toml").write_text(_configuration(behind, tls=tls))
    try:
        _command(place, "up", "--detach", "--port", "0", "--no-drill", "--state", str(state))
        status = json.loads((state / "run" / "status.json").read_text())
        sample = frozenset(each["pid"] for each in status["processes"] if each["kind"] == "sample")
        port, owner = int(status["listen"].rpartition(":")[2]), Owner(state / "run" / "owner.sock")
        yield Stand(port, owner, int(status["pid"]), sample)
    finally:
        _command(place, "down", "--state", str(state))


@contextmanager
def bartizan(folder: Path, behind: Upstream, *, tls: bool) -> Iterator[tuple[System, ...]]:
    """Run Bartizan with every check on: tokens, policy, limits, validation, both journal records.

    Yields it under the whole load, and under that of one token on one service with nothing revoked.
    """
    with platform(folder, behind, tls=tls) as stand:
        calls, spare = _calls(stand.owner, stand.port, tls=tls)
        streaming = Entry(stand.port, tls, (("/stream/v1/chat/completions", calls[0][1]),))
        name, one = "Bartizan TLS" if tls else "Bartizan", Entry(stand.port, tls, calls[:1])
        storm = partial(revocations, stand.owner, spare)
        yield (
            System(name, stand.root, Entry(stand.port, tls, calls), streaming, stand.sample, storm),
            System(f"{name}, one token", stand.root, one, streaming, stand.sample),
        )


def _command(place: Path, *words: str) -> None:
    told = run([_COMMAND, *words], cwd=place, stdout=PIPE, stderr=STDOUT, text=True, check=False)
    if told.returncode:
        raise PeerFailed(f"bartizan {words[0]}: {told.stdout[-2000:]}")


def _configuration(behind: Upstream, *, tls: bool) -> str:
    ports = {"stream": behind.streams, **{f"service-{number:03}": behind.whole for number in range(SERVICES)}}
    services = "".join(
        f'[[service]]\nname = "{name}"\nupstream = "http://127.0.0.1:{port}/v1"\n'
        f'allow_private = ["127.0.0.1:{port}"]\nguard = "off"\n'
        "limits = { requests_per_minute = 1_000_000_000 }\n"
        for name, port in ports.items()
    )
    return ("" if tls else 'tls = "off"\n') + services


def _calls(owner: Owner, port: int, *, tls: bool) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the calls of the load, services and tokens drawn by Zipf's law, and ids of tokens to revoke."""
    people = [owner.post("/principals", {"name": f"load-{number:02}"}) for number in range(PRINCIPALS)]
    issued = tokens_of(people, port, TOKENS, tls=tls)
    spare = [owner.post("/tokens", {})["id"] for _ in range(SPARE)]
    chance = random.Random(7)
    tokens = chance.choices(issued, _zipf(TOKENS), k=CALLS)
    numbers = chance.choices(range(SERVICES), _zipf(SERVICES), k=CALLS)
    paths = [f"/service-{number:03}/v1/chat/completions" for number in numbers]
    return tuple(zip(paths, tokens, strict=True)), spare


def tokens_of(people: list[dict[str, str]], port: int, count: int, *, tls: bool) -> list[str]:
    """Return so many tokens of these principals in turn, as their clients get them: from the token endpoint."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain, secure = http.client.HTTPConnection, partial(http.client.HTTPSConnection, context=context)
    connection = (secure if tls else plain)("localhost", port, timeout=30)
    found: list[str] = []
    while len(found) < count:
        who = people[len(found) % len(people)]
        form = {"grant_type": "client_credentials"} | {
            key: who[key] for key in ("client_id", "client_secret")
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/oauth/token", urlencode(form), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status == 429:
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        elif answer.status == 200:
            found.append(json.loads(told)["access_token"])
        else:
            raise PeerFailed(f"the token endpoint answered {answer.status}: {told[:300]!r}")
    connection.close()
    return found


def _zipf(count: int) -> list[float]:
    return [1 / rank**_SKEW for rank in range(1, count + 1)]


@contextmanager
def revocations(owner: Owner, spare: list[str]) -> Iterator[threading.Thread]:
    """Revoke a token a second, on a thread that it yields, as long as the block runs.

    Raises:
        PeerFailed: it ended before the block did: a token was not revoked, or none was left.
    """
    stop, failed = threading.Event(), list[Exception]()

    def revoke() -> None:
        try:
            while not stop.wait(_APART_S):
                owner.put(f"/tokens/{spare.pop()}/revocation")
        except Exception as fault:  # noqa: BLE001 - told to whoever waits for the thread
            failed.append(fault)

    thread = threading.Thread(target=revoke, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(40)
    if failed or thread.is_alive():
        raise PeerFailed(f"the revocations ended early, {len(spare)} tokens were left: {failed}")
