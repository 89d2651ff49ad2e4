"""A front door that answers what a test wants, over a real connection."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

from bartizan.drill.door import Door


@contextmanager
def answering(statuses: Sequence[int]) -> Iterator[Door]:
    """Serve these statuses, one a request, the last one for ever; the requests are numbered from 0 in their ids."""
    left, numbers = list(reversed(statuses)), itertools.count()

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(left.pop() if len(left) > 1 else left[0])
            self.send_header("retry-after", "1")
            self.send_header("x-request-id", f"q-{next(numbers):016x}")
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        @override
        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Door("127.0.0.1", server.server_address[1], b"", "sample")
        server.shutdown()
