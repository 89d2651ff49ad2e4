"""Requests to one server over one connection that stays open between them.

Rules of this file: as of `http.py`; a connection that the server has closed meanwhile is replaced, once a request, so
what is asked here may arrive twice.
"""

from bartizan.egress.faults import EgressFault
from bartizan.egress.http import MOST_BODY, Client, Headers, Response, Stream
from bartizan.egress.line import Deadline, Line


class Session:
    """Speaks HTTP/1.1 to a client's server; opens nothing before the first request."""

    def __init__(self, client: Client) -> None:
        """Ask what this client would ask."""
        self._client = client
        self._line: Line | None = None

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes = b"", *, most: int = MOST_BODY
    ) -> Response:
        """Send a request and return the whole response; arguments and errors as of `Client.request`."""
        reused = self._line is not None
        try:
            return self._ask(method, target, headers, body, most)
        except EgressFault:
            self.close()
            if not reused:
                raise
        try:
            return self._ask(method, target, headers, body, most)
        except EgressFault:
            self.close()
            raise

    def _ask(self, method: str, target: str, headers: Headers, body: bytes, most: int) -> Response:
        head, seconds = self._client.head(method, target, headers, body, keep=True), self._client.timeout_s
        line = self._line or self._client.connect()
        self._line = line
        line.deadline = Deadline(seconds, line.deadline.clock)
        stream = Stream(line, head, body, most, seconds)
        stream.whole_by_deadline()
        response = Response(stream.status, stream.headers, b"".join(stream), stream.group)
        if not stream.lasts:
            self.close()
        return response

    def close(self) -> None:
        """Close the connection, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
