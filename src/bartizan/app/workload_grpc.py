"""One connection of the Workload API: HTTP/2 and gRPC as far as that needs them, without a socket.

Rules of this file: octets in, octets and calls out. A peer is a stranger: so many streams, fields and octets and no more, and
a connection that does not keep to it ends. What it wants is told to whoever made this; answers come when they come.
Source: gRPC over HTTP/2; Workload API specification (security header); RFC 9113.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import H2Error
from h2.settings import SettingCodes

from bartizan.app.workload_wire import FETCH_BUNDLES, FETCH_SVID, REQUEST, framed, is_request

STREAMS: Final = 4
"""Streams of one connection that are open at once."""
OPENED: Final = 256
"""Streams that one connection may open in its life; clients of this API open few."""
WAITING: Final = 256 << 10
"""Octets that a peer may leave unread."""
_FIELDS: Final = 8 << 10
_PREFIX: Final = 5
_SECURITY: Final = (b"workload.spiffe.io", b"true")
INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED, UNAVAILABLE = 3, 7, 12, 14
"""Numbers of gRPC's statuses."""


class _Stream(msgspec.Struct):
    """One call.

    Attributes:
        path: of its method.
        trusted: whether it has the field by which one knows that no page of a browser sent it.
        body: of its request, so far.
        rest: of its answers, not yet sent.
        begun: whether headers were sent.
        ends: status to end with once `rest` is out; None while it goes on.
    """

    path: str
    trusted: bool
    body: bytearray = msgspec.field(default_factory=bytearray)
    rest: bytearray = msgspec.field(default_factory=bytearray)
    begun: bool = False
    ends: int | None = None


class Conversation:
    """One peer's calls.

    Args:
        wanted: told the number and the path of each call that is to be answered.
    """

    def __init__(self, wanted: Callable[[int, str], None]) -> None:
        """Greet."""
        self._wanted, self._streams, self._opened = wanted, dict[int, _Stream](), 0
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=False))
        self._h2.local_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = STREAMS
        self._h2.local_settings[SettingCodes.MAX_HEADER_LIST_SIZE] = _FIELDS
        self._h2.decoder.max_header_list_size = _FIELDS
        self._h2.initiate_connection()
        self.over = False

    @property
    def calls(self) -> int:
        """How many calls are open."""
        return len(self._streams)

    def take(self, octets: bytes) -> None:
        """Take what the peer sent; a fault of its ends the connection."""
        try:
            events = self._h2.receive_data(octets)
            for event in events:
                self._obey(event)
        except (H2Error, ValueError, KeyError, IndexError, UnicodeDecodeError):
            self.over = True  # h2 has put into `told` why

    def told(self) -> bytes:
        """Return what is to be sent now."""
        return self._h2.data_to_send()

    def say(self, number: int, message: bytes) -> None:
        """Answer a call with one more message."""
        stream = self._streams.get(number)
        if stream is None:
            return
        if len(stream.rest) + len(message) > WAITING:
            self.end(number, UNAVAILABLE)
            return
        stream.rest += framed(message)
        self._flush(number, stream)

    def end(self, number: int, status: int) -> None:
        """End a call with a status."""
        stream = self._streams.get(number)
        if stream is not None:
            stream.ends = status
            self._flush(number, stream)

    def _obey(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._begun(event)
            case DataReceived():
                self._more(event)
            case StreamEnded():
                self._asked(event.stream_id)
            case StreamReset():
                self._streams.pop(event.stream_id, None)
            case WindowUpdated():
                for number, stream in tuple(self._streams.items()):
                    self._flush(number, stream)
            case _:
                pass

    def _begun(self, event: RequestReceived) -> None:
        self._opened += 1
        if self._opened > OPENED:
            self._h2.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)
            self.over = True
            return
        fields = [(bytes(name), bytes(value)) for name, value in event.headers]
        path = next((value for name, value in fields if name == b":path"), b"")
        post = (b":method", b"POST") in fields
        grpc = any(
            name == b"content-type" and value.startswith(b"application/grpc") for name, value in fields
        )
        number = event.stream_id
        if not post or not grpc:
            raise ValueError("not a call of gRPC")
        if len(self._streams) >= STREAMS:  # the peer may not have taken our settings yet
            self._h2.reset_stream(number, ErrorCodes.REFUSED_STREAM)
            return
        self._streams[number] = _Stream(path.decode("ascii"), _SECURITY in fields)

    def _more(self, event: DataReceived) -> None:
        number = event.stream_id or 0
        if event.flow_controlled_length:
            self._h2.acknowledge_received_data(event.flow_controlled_length, number)
        stream = self._streams.get(number)
        if stream is not None:
            stream.body += event.data
            if len(stream.body) > REQUEST + _PREFIX:
                raise ValueError("a request is too long")

    def _asked(self, number: int | None) -> None:
        stream = self._streams.get(number or 0)
        if number is None or stream is None:
            return
        if not stream.trusted or not is_request(bytes(stream.body)):
            self.end(number, INVALID_ARGUMENT)
        elif stream.path not in (FETCH_SVID, FETCH_BUNDLES):
            self.end(number, UNIMPLEMENTED)
        else:
            self._wanted(number, stream.path)

    def _begin(self, number: int, stream: _Stream) -> None:
        if not stream.begun:
            stream.begun = True
            self._h2.send_headers(number, [(":status", "200"), ("content-type", "application/grpc")])

    def _flush(self, number: int, stream: _Stream) -> None:
        """Send as much as the peer has room for; end the call once all is out, or where the peer let go of it meanwhile."""
        try:
            if stream.rest:
                self._begin(number, stream)
            while stream.rest:
                room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
                if room <= 0:
                    return
                self._h2.send_data(number, bytes(stream.rest[:room]))
                del stream.rest[:room]
            if stream.ends is not None:
                self._begin(number, stream)
                self._h2.send_headers(number, [("grpc-status", str(stream.ends))], end_stream=True)
                del self._streams[number]
        except H2Error:
            self._streams.pop(number, None)
