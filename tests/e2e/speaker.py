"""A service that says what a test has it say: whole, or as a stream of the pieces."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override


@dataclass
class Speaker:
    """What it says next, and what it was asked.

    Attributes:
        port: where it is.
        says: the pieces of its answer.
        asked: bodies of requests.
        goes_on: set while a stream need not wait between its pieces.
    """

    port: int = 0
    says: list[str] = field(default_factory=lambda: ["hello"])
    asked: list[dict[str, Any]] = field(default_factory=list)
    goes_on: threading.Event = field(default_factory=threading.Event)


def _chunk(piece: str | None, finish: str | None = None) -> dict[str, Any]:
    delta = {} if piece is None else {"content": piece}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


@contextmanager
def speaker() -> Iterator[Speaker]:
    """Yield one that runs."""
    scene = Speaker()
    scene.goes_on.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            scene.asked.append(body)
            if body.get("stream"):
                self._stream([*scene.says])
                return
            message = {"role": "assistant", "content": "".join(scene.says)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
            made = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            octets = json.dumps(made | {"usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def _stream(self, pieces: list[str]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            events = [*map(_chunk, pieces), _chunk(None, "stop")]
            try:
                for octets in [*(json.dumps(each).encode() for each in events), b"[DONE]"]:
                    event = b"data: %b\n\n" % octets
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
                    self.wfile.flush()
                    scene.goes_on.wait(20)
                self.wfile.write(b"0\r\n\r\n")
            except OSError:  # the gateway took no more of it
                self.close_connection = True

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        scene.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield scene
        finally:
            server.shutdown()
            thread.join()
