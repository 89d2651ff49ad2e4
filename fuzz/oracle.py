"""Second opinions: what h11, which shares no line with the gateway, finds in the same octets."""

from collections.abc import Iterator

import h11

Found = tuple[bytes, bytes, bytes]
"""Method, target and body of a request."""


def requests_in(octets: bytes) -> Iterator[Found]:
    """Yield the requests that h11 finds, up to the first that it refuses or that is not whole."""
    rest = octets
    while rest:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(rest)
        try:
            found = _request(connection)
        except h11.RemoteProtocolError:
            return
        if found is None:
            return
        yield found
        rest = connection.trailing_data[0]


def _request(connection: h11.Connection) -> Found | None:
    head, body = None, b""
    while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        if isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head.method, head.target, body
    return None


def answer_in(octets: bytes) -> tuple[int, bytes, bytes]:
    """Return status and body of the first final answer to a POST, and what follows it.

    Raises:
        h11.RemoteProtocolError: h11 finds none, or not the end of it before the end of the octets.
    """
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=b"POST", target=b"/", headers=[(b"host", b"x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(octets)
    connection.receive_data(b"")
    status, body = 0, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
    return status, body, connection.trailing_data[0]
