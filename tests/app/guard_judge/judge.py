"""A judge for tests: a real HTTP server that answers as a test has it, and remembers what it was asked."""

import http.server
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

WORDS = re.compile(r"(attack-[0-9a-f]{8}) .*(harmless-[0-9a-f]{8}) ")


@dataclass
class Question:
    """What it was asked: the fields of the head in small letters, and the body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        """The texts between its marks."""
        found: list[str] = json.loads(self.body["messages"][-1]["content"].split("\n")[1])
        return found

    @property
    def words(self) -> tuple[str, str]:
        """What it may answer: attack, harmless."""
        found = WORDS.search(self.body["messages"][0]["content"])
        assert found is not None
        return found[1], found[2]


@dataclass
class Answer:
    """What it answers, octet by octet."""

    status: int = 200
    body: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    """Told in place of the body's."""


Script = Callable[[Question], Answer]


def completion(content: object) -> Answer:
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105}
    body = {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    return Answer(body=json.dumps(body).encode())


def yes(question: Question) -> Answer:
    return completion(question.words[0])


def no(question: Question) -> Answer:
    return completion(question.words[1])


@dataclass
class Judge:
    """One that runs.

    Attributes:
        port: where it is.
        script: what it answers next.
        asked: what it was asked.
    """

    port: int
    script: Script = no
    asked: list[Question] = field(default_factory=list)


@contextmanager
def judging(script: Script = no, tls: ssl.SSLContext | None = None) -> Iterator[Judge]:
    """Yield a judge."""
    judge = Judge(0, script)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = Question(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            judge.asked.append(question)
            answer = judge.script(question)
            self.close_connection = True
            try:
                self.send_response(answer.status)
                for name, value in answer.fields.items():
                    self.send_header(name, value)
                length = len(answer.body) if answer.length is None else answer.length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:  # nobody waits any more
                pass

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        judge.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield judge
        finally:
            server.shutdown()
            thread.join()
