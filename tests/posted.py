"""A receiver of what is posted to it over HTTP, on a port of 127.0.0.1."""

import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

Request = tuple[str, dict[str, str], bytes]
"""Its path, its headers by their names in lower case, and its body."""
Answer = tuple[int, Mapping[str, str], bytes]
"""Its status, its headers besides the length, and its body."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that die while it waits for them: some are killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _taking(take: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, headers, said = take((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    return Taking


@contextmanager
def posted(take: Callable[[Request], Answer], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Yield the port of a receiver that answers so, over TLS where there is a context for it."""
    server = _Server(("127.0.0.1", 0), _taking(take))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
