"""A real OpenAI-compatible endpoint whose every answer stands in a script, and the answers that were labelled by hand."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from typing_extensions import override

ANSWERS = Path(__file__).with_name("answers")
LABELS = {"C": "complied", "R": "refused", "E": "evaded"}


class Labelled(NamedTuple):
    """One answer: the form that its file is of, its place there, its label, its language, its text."""

    form: str
    place: int
    label: str
    language: str
    text: str


def labelled() -> tuple[Labelled, ...]:
    return tuple(
        _labelled(file.stem, place, line)
        for file in sorted(ANSWERS.glob("*.txt"))
        for place, line in enumerate(file.read_text(encoding="utf-8").splitlines())
    )


def _labelled(form: str, place: int, line: str) -> Labelled:
    head, _, text = line.partition(" |")
    label, language = head.split()
    return Labelled(form, place, LABELS[label], language, text.removeprefix(" ").replace("\\n", "\n"))


class Said(NamedTuple):
    """What an endpoint answers: a text, or a status with a body and fields."""

    text: str = ""
    status: int = 200
    body: Mapping[str, Any] | None = None
    fields: Mapping[str, str] = {}
    finish: str = "stop"


Script = Callable[[list[dict[str, str]]], Said | str]
"""Messages -> what is answered."""


class Endpoint(NamedTuple):
    """A running one: its port, and the requests that came, with their fields."""

    port: int
    asked: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


class _Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(
            {
                "path": self.path,
                "fields": {name.lower(): value for name, value in self.headers.items()},
                "body": body,
            }
        )
        said = type(self).script(body["messages"])
        said = Said(said) if isinstance(said, str) else said
        self._answer(said)

    def _answer(self, said: Said) -> None:
        message = {"role": "assistant", "content": said.text}
        choices = [{"index": 0, "message": message, "finish_reason": said.finish}]
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": choices,
            "usage": usage,
        }
        octets = json.dumps(whole if said.body is None else said.body).encode()
        self.send_response(said.status)
        for name, value in said.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def endpoint(script: Script) -> Iterator[Endpoint]:
    """Yield an endpoint on a free port that answers by a script."""
    asked: list[dict[str, Any]] = []
    kind = type("Scripted", (_Service,), {"script": staticmethod(script), "asked": asked})
    with _Server(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Endpoint(server.server_port, asked)
        finally:
            server.shutdown()
            thread.join()
