"""A load of requests on a platform in front of a service of its own, and what the record must say of it afterwards."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override

from bartizan.ledger.database import ENTRIES_FROM, reading
from bartizan.ledger.entry import decode_entry, entries_in
from bartizan.ledger.event import Outcome

CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
ANSWER = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()


class Answering(BaseHTTPRequestHandler):
    """A service that answers everything at once."""

    protocol_version = "HTTP/1.1"
    closes = False

    def do_POST(self) -> None:  # the library's name
        self.rfile.read(int(self.headers["Content-Length"]))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n"
        ending = "Connection: close\r\n\r\n" if self.closes else "\r\n"
        self.close_connection = self.closes
        self.wfile.write((head + ending).encode() + ANSWER)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Service(ThreadingHTTPServer):
    """Its threads end with the process, whatever its clients hold open."""

    daemon_threads = True
    request_queue_size = 256

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: its clients are killed on purpose."""


@contextmanager
def configured(*, closes: bool = False) -> Iterator[str]:
    """Yield a configuration without TLS, without limits and without a guard, in front of a service that runs meanwhile.

    Args:
        closes: whether the service ends each connection after one answer, so that each request needs a new one.
    """
    handler = type("Handler", (Answering,), {"closes": closes})
    with Service(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.server_address[1]
        yield (
            f'tls = "off"\n[[service]]\nname = "service"\nupstream = "http://127.0.0.1:{port}/v1"\n'
            f'allow_private = ["127.0.0.1:{port}"]\nguard = "off"\n'
            "limits = { requests_per_minute = 1_000_000_000 }\n"
        )
        server.shutdown()


class LoadEnded(RuntimeError):
    """A client did not ask until the end; it carries what ended it."""


class Load:
    """Clients that ask without end, and what they were answered.

    Attributes:
        answered: id of each request that was answered with 200.
        statuses: how often each other status came.
        failed: requests whose connection ended under them, which a killed worker explains.
        refused: connections that nobody took.
        ended: what ended a client before its time, which ends the block with `LoadEnded`.
    """

    def __init__(self, port: int, tokens: Sequence[str], clients: int = 6) -> None:
        self._port, self._stop = port, threading.Event()
        self._tokens = list(tokens)
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(clients)
        ]
        self.answered: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.failed = self.refused = 0
        self.ended: list[Exception] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.ended and kind is None:
            raise LoadEnded(self.ended)

    def renew(self, tokens: Sequence[str]) -> None:
        """Have each client show another token from its next request on: those that it began with expire."""
        self._tokens = list(tokens)

    def _ask(self, number: int) -> None:
        try:
            self._go_on(number)
        except Exception as fault:  # noqa: BLE001 - a client that has ended unseen would prove nothing
            self.ended.append(fault)

    def _go_on(self, number: int) -> None:
        while not self._stop.is_set():
            connection = HTTPConnection("localhost", self._port, timeout=60)
            try:
                while not self._stop.is_set():
                    self._once(connection, self._tokens[number % len(self._tokens)])
            except ConnectionRefusedError:
                self.refused += 1
                self._stop.wait(0.02)
            except (OSError, HTTPException):
                self.failed += 1
            finally:
                connection.close()

    def _once(self, connection: HTTPConnection, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", CHAT, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            self.answered.append(answer.headers["x-request-id"])
        else:
            self.statuses[answer.status] += 1


class Unaccounted(AssertionError):
    """The record does not say what happened."""


def require_accounted(state: Path, answered: Sequence[str]) -> int:
    """Return how many requests are on record: each admitted once and completed once, each answered one done.

    To be called once the platform is stopped, or its dead workers' segments are sealed.

    Raises:
        Unaccounted: that is not so.
    """
    admitted, completed, done = Counter[str](), Counter[str](), set[str]()
    with reading(state / "ledger") as connection:
        rows = connection.execute(f"{ENTRIES_FROM} ORDER BY number", (0,))
        for octets in (entry for _, run in rows for entry in entries_in(run)):
            event = decode_entry(0, octets).event
            if event.kind == "gateway.request.admitted":
                admitted[event.subject] += 1
            elif event.kind == "gateway.request.completed":
                completed[event.subject] += 1
                done.update({event.subject} if event.outcome is Outcome.DONE else ())
    wrong = {
        "admitted twice": [subject for subject, times in admitted.items() if times != 1],
        "completed twice": [subject for subject, times in completed.items() if times != 1],
        "not completed": sorted(set(admitted) - set(completed)),
        "never admitted": sorted(set(completed) - set(admitted)),
        "answered, and not done": sorted(set(answered) - done),
    }
    found = {what: subjects[:5] for what, subjects in wrong.items() if subjects}
    if found:
        raise Unaccounted(found)
    return len(admitted)
