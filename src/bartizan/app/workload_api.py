"""Reading a trust domain's bundle from a Workload API, such as a SPIRE agent's, over its unix socket.

Rules of this file: it blocks, so it runs in a thread of its own. Who serves there is asked of the kernel before a word is
said: a socket that another user has put into the place is nobody's word. Of what comes so many octets are taken and no more,
a message that was begun must end soon, and a peer that does not answer a PING is gone. A bundle is told once both kinds of
it have come, whole; what changes is told again, once a second at the most.
Source: Workload API specification, sections 4 to 6; SPIFFE Workload Endpoint specification; gRPC over HTTP/2; RFC 9113.
"""

import os
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingAckReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes

from bartizan.app.bundle_source import Unread
from bartizan.app.workload_wire import FETCH_BUNDLES, FETCH_KEYS, WireMalformed, framed, read_bundles
from bartizan.crypto.der import sequences
from bartizan.egress.connect import connect_unix
from bartizan.egress.faults import UpstreamUnreachable
from bartizan.egress.line import Deadline
from bartizan.identity.spiffe import NotSpiffe, trust_domain
from bartizan.identity.trust_bundle import MOST_OCTETS, Bundle, BundleRefused, made, read_jwks

ANSWER_S: Final = 10.0
"""How long a first answer, the rest of a message, or the answer to a PING may take."""
QUIET_S: Final = 30.0
"""How long nothing may be heard before the peer is asked whether it is there."""
MOST_MESSAGE: Final = 4 * MOST_OCTETS
"""Octets of one message, in which there may be bundles of other domains too."""
_PAUSE_S: Final = 1.0
_READ: Final = 65_536
_FIELDS: Final = 8 << 10
_PREFIX: Final = struct.Struct(">BI")
_NUMBERS: Final = {FETCH_BUNDLES: 2, FETCH_KEYS: 1}
"""Call -> number of the field that holds the bundles in its answers."""
_UNIMPLEMENTED: Final = "12"
_STATUS: Final = ("grpc-status", b"grpc-status")
_WORDS: Final = {"7": "not-a-workload", "14": "unavailable"}
"""gRPC's status -> why there is no bundle."""


class Wanted(msgspec.Struct, frozen=True):
    """What is read.

    Attributes:
        path: of the socket.
        owner: number of the user who must serve there; None for root and our own.
        trust_domain: whose bundle.
    """

    path: str
    owner: int | None
    trust_domain: str


class _Call(msgspec.Struct):
    """One of the two calls.

    Attributes:
        path: of its method.
        waiting: octets of a message that is not whole yet.
        latest: the last whole message; None before the first.
        absent: whether the server does not have this call.
    """

    path: str
    waiting: bytearray = msgspec.field(default_factory=bytearray)
    latest: bytes | None = None
    absent: bool = False


def follow(wanted: Wanted, found: Callable[[Bundle], None], alive: Callable[[], None]) -> None:
    """Tell a bundle as it is and as it becomes, for as long as the server is there; never returns.

    Args:
        wanted: whose, and where.
        found: told each bundle that can be taken.
        alive: told now and then that what was told last still holds.
    Raises:
        Unread: it cannot be read, or no more.
    """
    try:
        with connect_unix(wanted.path, timeout_s=ANSWER_S) as end:
            _require_owner(end, wanted.owner)
            _Reading(end, wanted.trust_domain, found, alive).run()
    except UpstreamUnreachable as fault:
        raise Unread("unreachable") from fault
    except TimeoutError as fault:
        raise Unread("unanswered") from fault
    except (H2Error, WireMalformed, NotSpiffe, ValueError, KeyError, IndexError) as fault:
        raise Unread("malformed") from fault
    except BundleRefused as fault:
        raise Unread(fault.word) from fault
    except OSError as fault:
        raise Unread("unreachable") from fault


def _require_owner(end: socket.socket, owner: int | None) -> None:
    credentials = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    uid = struct.unpack("=iII", credentials)[1]
    if uid not in ({0, os.geteuid()} if owner is None else {owner}):
        raise Unread("socket-of-another")


class _Reading:
    """One connection."""

    def __init__(
        self,
        end: socket.socket,
        domain: str,
        found: Callable[[Bundle], None],
        alive: Callable[[], None],
    ) -> None:
        self._end, self._domain, self._found, self._alive = end, domain, found, alive
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.decoder.max_header_list_size = _FIELDS
        self._h2.local_settings[SettingCodes.MAX_HEADER_LIST_SIZE] = _FIELDS
        self._calls: dict[int, _Call] = {}
        self._told: tuple[bytes | None, ...] = ()
        self._asked = self._heard = False
        self._due: Deadline | None = None
        self._pause = threading.Event()

    def run(self) -> None:
        """Ask, and take what comes, until something raises."""
        self._h2.initiate_connection()
        for path in (FETCH_BUNDLES, FETCH_KEYS):
            self._ask(path)
        self._flush()
        while True:
            self._end.settimeout(self._patience())
            try:
                octets = self._end.recv(_READ)
            except TimeoutError:
                self._ping()
                continue
            if not octets:
                raise Unread("unreachable")
            for event in self._h2.receive_data(octets):
                self._take(event)
            self._flush()
            self._tell()

    def _patience(self) -> float:
        """Return how long to wait for what comes next, seconds: what is due is due by one instant, however it dribbles in."""
        if self._quiet:
            self._due = None
            return QUIET_S
        if self._due is None:
            self._due = Deadline(ANSWER_S)
        try:
            return self._due.left(self._domain)
        except UpstreamUnreachable as fault:
            raise Unread("unanswered") from fault

    @property
    def _quiet(self) -> bool:
        """Whether nothing is due: both calls were answered, no message is under way, and no PING."""
        settled = all(each.absent or each.latest is not None for each in self._calls.values())
        return settled and not self._asked and not any(each.waiting for each in self._calls.values())

    def _ping(self) -> None:
        """Ask whether the peer is there; where something was due already, it is not."""
        if not self._quiet:
            raise Unread("unanswered")
        self._asked = True
        self._h2.ping(b"bartizan")
        self._flush()

    def _ask(self, path: str) -> None:
        number = self._h2.get_next_available_stream_id()
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("workload.spiffe.io", "true"),
        ]
        self._h2.send_headers(number, fields)
        self._h2.send_data(number, framed(b""), end_stream=True)
        self._calls[number] = _Call(path)

    def _flush(self) -> None:
        octets = self._h2.data_to_send()
        if octets:
            self._end.settimeout(ANSWER_S)
            self._end.sendall(octets)

    def _take(self, event: Event) -> None:
        match event:
            case DataReceived():
                self._more(event)
            case ResponseReceived() | TrailersReceived():
                self._status(event.stream_id, [value for name, value in event.headers if name in _STATUS])
            case PingAckReceived():
                self._asked = False
                self._alive()
            case StreamReset() | ConnectionTerminated():
                raise Unread("unreachable")
            case StreamEnded():
                if not self._calls[event.stream_id].absent:
                    raise Unread("unreachable")
            case _:
                pass

    def _status(self, number: int | None, said: Sequence[object]) -> None:
        """Take how a call ends: one that the server does not have is nothing to wait for."""
        if not said:
            return
        if said != [_UNIMPLEMENTED]:
            raise Unread(_WORDS.get(str(said[0]), "refused"))
        self._calls[number or 0].absent = True

    def _more(self, event: DataReceived) -> None:
        number = event.stream_id or 0
        call = self._calls[number]
        call.waiting += event.data
        while len(call.waiting) >= _PREFIX.size:
            compressed, length = _PREFIX.unpack_from(call.waiting)
            if compressed:
                raise Unread("malformed")
            if length > MOST_MESSAGE:
                raise Unread("too-large")
            whole = _PREFIX.size + length
            if len(call.waiting) < whole:
                break
            call.latest, self._heard = bytes(call.waiting[_PREFIX.size : whole]), True
            del call.waiting[:whole]
        self._h2.acknowledge_received_data(event.flow_controlled_length, number)

    def _tell(self) -> None:
        """Tell the bundle where it was told anew, and wait a little: a flood holds itself back."""
        calls = self._calls.values()
        if not self._heard or any(each.latest is None and not each.absent for each in calls):
            return
        self._heard, latest = False, tuple(each.latest for each in calls)
        if latest == self._told:
            self._alive()
            self._pause.wait(_PAUSE_S)
            return
        self._told = latest
        parts = [
            read_bundles(each.latest, _NUMBERS[each.path]) if each.latest is not None else {}
            for each in calls
        ]
        authorities, keys = (_of(each, self._domain) for each in parts)
        bundle = made(sequences(authorities), read_jwks(keys) if keys else [], self._domain)
        self._found(bundle)
        self._pause.wait(_PAUSE_S)


def _of(bundles: dict[str, bytes], domain: str) -> bytes:
    """Return the bundle of one domain, however it is written there; empty where there is none.

    Raises:
        NotSpiffe: something is written there that names no domain.
        Unread: it is there twice.
    """
    found = [octets for name, octets in bundles.items() if trust_domain(name) == domain]
    if len(found) > 1:
        raise Unread("malformed")
    return found[0] if found else b""
