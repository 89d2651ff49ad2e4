"""A client of the Workload API over HTTP/2, which can also be a rude one."""

import socket
import struct
from types import TracebackType
from typing import Self

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamReset,
    TrailersReceived,
)

FETCH = "/SpiffeWorkloadAPI/FetchX509SVID"
TRUSTED = ("workload.spiffe.io", "true")
EMPTY = struct.pack(">BI", 0, 0)


def _schema() -> dict[str, type[Message]]:
    """Return the two responses by the specification's own schema, written here as its numbers and types."""
    text, octets, message = 9, 12, 11
    file = descriptor_pb2.FileDescriptorProto(name="workload.proto", syntax="proto3")
    forms = {
        "X509SVID": [("spiffe_id", text), ("x509_svid", octets), ("x509_svid_key", octets), ("bundle", octets), ("hint", text)],
        "X509SVIDResponse": [("svids", message)],
        "X509BundlesResponse": [("crl", octets), ("bundles", message)],
        "Entry": [("key", text), ("value", octets)],
    }  # fmt: skip
    of = {"svids": ".X509SVID", "bundles": ".Entry"}
    for name, fields in forms.items():
        made = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            repeated = field in of or field == "crl"
            added = made.field.add(name=field, number=number, type=kind, label=3 if repeated else 1)
            if field in of:
                added.type_name = of[field]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {each: message_factory.GetMessageClass(pool.FindMessageTypeByName(each)) for each in forms}


SCHEMA = _schema()


def read(name: str, octets: bytes) -> Message:
    found = SCHEMA[name]()
    found.ParseFromString(octets)
    return found


class Client:
    """One connection."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.statuses: dict[int, int] = {}
        self._data: dict[int, bytearray] = {}
        self.over = False

    def __enter__(self) -> Self:
        """Greet; whoever is closed to meanwhile leaves no socket open."""
        try:
            self.flush()
        except OSError:
            self.socket.close()
            raise
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.socket.close()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def call(
        self, path: str = FETCH, body: bytes = EMPTY, *more: tuple[str, str], trusted: bool = True
    ) -> int:
        number = self.h2.get_next_available_stream_id()
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
        fields += [("content-type", "application/grpc"), *more, *([TRUSTED] if trusted else [])]
        self.h2.send_headers(number, fields)
        self.h2.send_data(number, body, end_stream=True)
        self.flush()
        return number

    def hear(self) -> bool:
        """Take what comes next; return False where the connection is over."""
        try:
            octets = self.socket.recv(65536)
        except ConnectionError:
            octets = b""
        if not octets:
            self.over = True
            return False
        for event in self.h2.receive_data(octets):
            self._take(event)
        self.flush()
        return not self.over

    def _take(self, event: Event) -> None:
        match event:
            case DataReceived():
                self._data.setdefault(event.stream_id, bytearray()).extend(event.data)
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case TrailersReceived() | ResponseReceived():
                status = next(
                    (value for name, value in event.headers if name in {"grpc-status", b"grpc-status"}), None
                )
                if status is not None:
                    self.statuses[event.stream_id] = int(status)
            case StreamReset():
                self.statuses[event.stream_id] = -1
            case ConnectionTerminated():
                self.over = True
            case _:
                pass

    def message(self, number: int) -> bytes | None:
        """Return the next message of a call; None once it has ended."""
        while True:
            data = self._data.get(number, bytearray())
            if len(data) >= len(EMPTY):
                length = struct.unpack_from(">BI", data)[1]
                if len(data) >= len(EMPTY) + length:
                    found = bytes(data[len(EMPTY) : len(EMPTY) + length])
                    del data[: len(EMPTY) + length]
                    return found
            if number in self.statuses or not self.hear():
                return None

    def status(self, number: int) -> int | None:
        """Return how a call ends; None where the connection does before."""
        while number not in self.statuses:
            if not self.hear():
                return self.statuses.get(number)
        return self.statuses[number]
