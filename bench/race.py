"""Requests against a storm of revocations and policy changes: `python -m bench.race`. No allow may start after its answer.

A platform without TLS serves many tokens while tokens are revoked, principals erased and new ones registered as
fast as the owner's API answers. A request that was begun after the answer to a change that takes its token away, and
is answered with 200 all the same, is a stale allow. Each such answer is probed at once, on a connection of its own;
all other requests use tokens that were good when they began. 100,000 requests take some minute.
"""

import argparse
import asyncio
import base64
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import uvloop

from bartizan import __version__
from bench.bed import peers
from bench.bed.load import BODY
from bench.bed.platform import Owner, platform
from bench.bed.processes import PeerFailed
from bench.bed.report import machine, record, table

CONNECTIONS, TOKENS, PRINCIPALS = 32, 400, 20
_PATIENCE_S = 600
_KINDS = ("token revoked", "principal erased", "principal registered")


@dataclass(slots=True)
class Held:
    """A token in use.

    Attributes:
        token, name, principal: the token, its `jti`, and whose it is.
        going: whether its revocation was asked for.
        gone_ns: instant at which the answer to that came; 0 before.
    """

    token: str
    name: str
    principal: str
    going: bool = False
    gone_ns: int = 0


@dataclass(slots=True)
class Seen:
    """What came of a race.

    Attributes:
        answers: status -> how many requests had it.
        stale: requests that began after their token was gone and were allowed.
        wrongly: requests that were refused (401, 403) although nobody had asked to revoke their token. Those that had
            to wait (429) are not among them: their address has asked for more tokens than one may.
        probed: changes after whose answer a request with the token was made at once.
        changes: what the storm did, and how often.
    """

    answers: Counter[int] = field(default_factory=Counter)
    stale: int = 0
    wrongly: int = 0
    probed: int = 0
    changes: Counter[str] = field(default_factory=Counter)


class Race:
    """A platform, its tokens, those who use them, and the storm."""

    def __init__(self, port: int, owner: Owner, requests: int, path: str) -> None:
        """Get the tokens.

        Args:
            port: of the gateway.
            owner: its owner's API.
            requests: how many to make in all.
            path: of the requests.
        """
        self.port, self.owner, self.path = port, owner, path
        self.left, self.seen = requests, Seen()
        self.chance, self.number = random.Random(11), 0
        self.held: list[Held] = []
        self.over, self.failed = threading.Event(), cast("Exception | None", None)
        for _ in range(PRINCIPALS):
            self.more(self._principal(), TOKENS // PRINCIPALS)

    def _principal(self) -> dict[str, str]:
        self.number += 1
        return self.owner.post("/principals", {"name": f"race-{self.number}"})

    def more(self, person: dict[str, str], count: int) -> None:
        """Get tokens of a principal from the token endpoint."""
        form = {"grant_type": "client_credentials"} | {
            key: person[key] for key in ("client_id", "client_secret")
        }
        for _ in range(count):
            token = _token(self.port, urlencode(form))
            claims = token.split(".")[1]
            name = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
            self.held.append(Held(token, name, person["id"]))

    # ---- the storm, on a thread of its own ---------------------------------------------------------------
    def storm(self) -> None:
        """Change what is allowed, as fast as the answers come, until the requests are made."""
        try:
            self._change()
        except Exception as fault:  # noqa: BLE001 - a storm that has ended unseen would prove nothing
            self.failed = fault

    def _change(self) -> None:
        while not self.over.is_set():
            kind = _KINDS[0] if self.chance.random() < 0.9 else _KINDS[1]
            if len(self.held) < TOKENS // 2:
                kind = _KINDS[2]
            if kind == _KINDS[2]:
                self.more(self._principal(), TOKENS // PRINCIPALS)
            else:
                self._take(kind, self.chance.choice(self.held))
            self.seen.changes[kind] += 1

    def _take(self, kind: str, one: Held) -> None:
        struck = (
            [one] if kind == _KINDS[0] else [each for each in self.held if each.principal == one.principal]
        )
        for each in struck:
            each.going = True
        if kind == _KINDS[0]:
            self.owner.put(f"/tokens/{one.name}/revocation")
        else:
            self.owner.delete(f"/principals/{one.principal}")
        now = time.perf_counter_ns()
        for each in struck:
            each.gone_ns = now
        try:
            status = _status(self.port, _request(self.path, one.token))
        except (ConnectionError, PeerFailed):  # cut without an answer: not allowed, and told as cut
            self.seen.answers[0] += 1
        else:
            self.seen.probed += 1
            self.seen.stale += status == 200
        self.held = [each for each in self.held if not each.gone_ns]

    # ---- those who ask -------------------------------------------------------------------------------------
    async def ask(self) -> None:
        """Ask on one connection after the other, each for as long as it lasts, until the requests are made."""
        while self.left > 0:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                await self._on(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.seen.answers[0] += 1
            finally:
                writer.close()

    async def _on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.left > 0:
            self.left -= 1
            one = self.chance.choice(self.held)
            begun, gone = time.perf_counter_ns(), one.gone_ns
            writer.write(_request(self.path, one.token))
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head[9:12])
            await reader.readexactly(_length(head))
            self.seen.answers[status] += 1
            if status == 200:
                self.seen.stale += 0 < gone < begun
            else:
                self.seen.wrongly += status in {401, 403} and not one.going
                await asyncio.sleep(0)
                return  # a stranger is slowed on the connection that it used


def race(port: int, owner: Owner, requests: int, path: str = "/v1/chat/completions") -> Seen:
    """Return what so many requests saw in a storm.

    Args:
        port: of a gateway without TLS.
        owner: its owner's API.
        requests: how many.
        path: of the requests.
    """
    running = Race(port, owner, requests, path)
    storm = threading.Thread(target=running.storm, daemon=True)

    async def ask() -> None:
        async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(running.ask())

    storm.start()
    try:
        uvloop.run(ask())
    finally:
        running.over.set()
        storm.join(_PATIENCE_S)
    if running.failed is not None:
        raise PeerFailed(f"the changes ended early: {running.failed}") from running.failed
    return running.seen


def _request(path: str, token: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def _asked(port: int, request: bytes) -> bytes:
    """Return the answer to a request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as sock:
        sock.sendall(request)
        told = b""
        while b"\r\n\r\n" not in told:
            told += _some(sock)
        head, _, body = told.partition(b"\r\n\r\n")
        while len(body) < _length(head):
            body += _some(sock)
        return head + b"\r\n\r\n" + body


def _some(sock: socket.socket) -> bytes:
    octets = sock.recv(65_536)
    if not octets:
        raise PeerFailed("the gateway closed a connection without an answer")
    return octets


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


def _status(port: int, request: bytes) -> int:
    return int(_asked(port, request)[9:12])


def _token(port: int, form: str) -> str:
    head = (
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    while True:
        told = _asked(port, (head + form).encode())
        if told.startswith(b"HTTP/1.1 200"):
            token: str = json.loads(told.partition(b"\r\n\r\n")[2])["access_token"]
            return token
        if not told.startswith(b"HTTP/1.1 429"):
            raise PeerFailed(f"the token endpoint answered {told[:300]!r}")
        time.sleep(0.2)


def main(words: Sequence[str] | None = None) -> int:
    """Race and print; 0, or 3 where an allow was stale."""
    parser = argparse.ArgumentParser(prog="python -m bench.race", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    began = time.perf_counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-bench-")))
        folder.chmod(0o755)
        behind = stack.enter_context(peers.upstream(folder))
        stand = stack.enter_context(platform(folder, behind, tls=False))
        seen = race(stand.port, stand.owner, arguments.requests, "/service-000/v1/chat/completions")
    body = _told(seen, time.perf_counter() - began)
    print(body, machine(), sep="\n")
    if arguments.record:
        record("Race of requests against changes", {"Bartizan": __version__}, body)
    return 3 if seen.stale or seen.wrongly or not seen.probed else 0


def _told(seen: Seen, seconds: float) -> str:
    answers = ", ".join(f"{status or 'cut'}: {count:,}" for status, count in sorted(seen.answers.items()))
    changes = ", ".join(f"{kind} {count:,}" for kind, count in sorted(seen.changes.items()))
    rows = [
        ["requests", f"{sum(seen.answers.values()):,} in {seconds:.0f} s ({answers})", ""],
        ["changes", changes, ""],
        ["probed right after a change's answer", f"{seen.probed:,}", ""],
        ["allowed after that answer", str(seen.stale), "goal: 0"],
        ["refused although good", str(seen.wrongly), "goal: 0"],
    ]
    return table(["race", "seen", ""], rows)


if __name__ == "__main__":
    sys.exit(main())
