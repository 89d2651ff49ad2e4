"""A small blocking HTTP/1.1 client: one connection a request, bounded in size and in time.

Rules of this file: redirects are not followed, nothing is decompressed, no proxy is asked and nothing is read
from the environment. h11 decides what is HTTP; a response that ends early is an error, whatever came before.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

import h11
from OpenSSL import SSL

from bartizan.crypto.secret import Reticent
from bartizan.crypto.tls import client_context, spiffe_context
from bartizan.crypto.tls_faults import TlsTruncated
from bartizan.egress.connect import connect_unix
from bartizan.egress.faults import ResponseMalformed, ResponseTooLarge, ResponseTruncated, UpstreamUnreachable
from bartizan.egress.line import Deadline, Line, open_connection

MOST_BODY: Final = 16 << 20
"""Bytes of body that a client takes unless told otherwise."""
MOST_HEAD: Final = 65_536
_MOST_INTERIM: Final = 8  # 1xx responses before the real one

Headers = Iterable[tuple[str, str]]


class Response(Reticent, frozen=True):
    """A whole response.

    Attributes:
        status: of HTTP, 200 to 999.
        headers: in the order received, names in lower case.
        body: as it came, not decompressed.
        group: word for the TLS connection's key-agreement group; `none` without TLS.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    group: str

    def header(self, name: str) -> str:
        """Return the first header of this lower-case name; empty where there is none."""
        return next((value for known, value in self.headers if known == name), "")


class Client:
    """Speaks HTTP/1.1 to one server; made by `over_tls`, `plain` or `unix`; opens nothing by itself.

    Attributes:
        timeout_s: for a whole request; for each part of a streamed one.
    """

    def __init__(  # noqa: D107 - made by the three class methods
        self,
        host: str,
        port: int,
        *,
        context: SSL.Context | None = None,
        path: str = "",
        allowed: frozenset[str] = frozenset(),
        timeout_s: float = 30.0,
    ) -> None:
        self._host, self._port, self._context, self._path = host, port, context, path
        self._allowed, self.timeout_s = allowed, timeout_s

    @classmethod
    def over_tls(
        cls,
        host: str,
        port: int,
        ca_pem: bytes,
        *,
        groups: str | None = None,
        allowed: frozenset[str] = frozenset(),
        timeout_s: float = 30.0,
    ) -> Self:
        """Return a client over TLS 1.3.

        Args:
            host, port: of the server, whose certificate must be for `host`.
            ca_pem: authorities that are trusted; no others are.
            groups: key-agreement groups to offer (`X25519`), where others than the usual ones are wanted.
            allowed: what may be reached besides public addresses; see `check.check`.
            timeout_s: for a whole request; for each part of a streamed one.
        Raises:
            CertificateUnusable: `ca_pem` cannot be read.
            NoHybridGroup: the build knows none of `groups`.
        """
        context = client_context(ca_pem, groups=groups)
        return cls(host, port, context=context, allowed=allowed, timeout_s=timeout_s)

    @classmethod
    def of_spiffe(
        cls,
        host: str,
        port: int,
        authorities: Sequence[bytes],
        uri: str,
        *,
        allowed: frozenset[str] = frozenset(),
        timeout_s: float = 30.0,
    ) -> Self:
        """Return a client over TLS 1.3 of a server that is known by its SPIFFE ID; arguments else as of `over_tls`.

        Args:
            authorities: certificates (DER) of its trust domain.
            uri: its SPIFFE ID.
        Raises:
            CertificateUnusable: a certificate cannot be read.
        """
        context = spiffe_context(authorities, uri)
        return cls(host, port, context=context, allowed=allowed, timeout_s=timeout_s)

    @classmethod
    def plain(
        cls, host: str, port: int, *, allowed: frozenset[str] = frozenset(), timeout_s: float = 30.0
    ) -> Self:
        """Return a client without TLS; arguments as of `over_tls`."""
        return cls(host, port, allowed=allowed, timeout_s=timeout_s)

    @classmethod
    def unix(cls, path: str | os.PathLike[str], *, host: str = "localhost", timeout_s: float = 30.0) -> Self:
        """Return a client over a unix socket of this machine; `host` is what the Host header says."""
        return cls(host, 0, path=os.fspath(path), timeout_s=timeout_s)

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes = b"", *, most: int = MOST_BODY
    ) -> Response:
        """Send a request and return the whole response; a redirect is returned, not followed.

        Args:
            method, target: of the request line; the target is a path with query.
            headers: besides Host, Connection, Accept-Encoding and Content-Length, which are set here.
            body: sent with its length.
            most: bytes of body that are taken.
        Raises:
            EgressFault: see the module `faults`.
            h11.LocalProtocolError: method, target or a header cannot stand in a request.
        """
        with self.stream(method, target, headers, body, most=most) as response:
            response.whole_by_deadline()
            whole = b"".join(response)
            return Response(response.status, response.headers, whole, response.group)

    def stream(
        self, method: str, target: str, headers: Headers = (), body: bytes = b"", *, most: int = MOST_BODY
    ) -> "Stream":
        """Send a request and return the response once its head is there, the body to be iterated over.

        A context manager that closes the connection. Arguments and errors as of `request`; the client's
        time limit starts anew with each part of the body.
        """
        request = self.head(method, target, headers, body)
        line = self.connect()
        try:
            return Stream(line, request, body, most, self.timeout_s)
        except BaseException:
            line.close()
            raise

    def head(
        self, method: str, target: str, headers: Headers, body: bytes, *, keep: bool = False
    ) -> h11.Request:
        """Return the head of a request; arguments as of `request`.

        Args:
            keep: whether the connection is to stay open after it.
        Raises:
            h11.LocalProtocolError: method, target or a header cannot stand in a request.
        """
        return h11.Request(
            method=method,
            target=target,
            headers=[
                ("host", self._authority()),
                *(() if keep else (("connection", "close"),)),
                ("accept-encoding", "identity"),
                *headers,
                *([("content-length", str(len(body)))] if body or method in {"POST", "PUT", "PATCH"} else ()),
            ],
        )

    def connect(self) -> Line:
        """Return a connection as this client's requests use one, for octets of any kind.

        Raises:
            EgressFault: see the module `faults`.
        """
        if self._path:
            deadline = Deadline(self.timeout_s)
            return Line(connect_unix(self._path, timeout_s=self.timeout_s), "control", deadline)
        return open_connection(
            self._host, self._port, context=self._context, allowed=self._allowed, timeout_s=self.timeout_s
        )

    def _authority(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        usual = {0, 443 if self._context is not None else 80}
        return host if self._port in usual else f"{host}:{self._port}"


class Stream:
    """A response whose head has come; iterating yields the body's parts as they come, none empty.

    Attributes:
        status: of HTTP, 200 to 999.
        headers: in the order received, names in lower case.
        group: word for the key-agreement group; `none` without TLS.
        sent: whether all of the request went out; a server may have answered, and closed, before.
    """

    def __init__(self, line: Line, request: h11.Request, body: bytes, most: int, timeout_s: float) -> None:
        """Send the request and wait for the head; made by `Client.stream`."""
        self._line, self._most, self._timeout_s = line, most, timeout_s
        self._renews = True
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
        self.group = line.group
        octets = [
            self._h11.send(request),
            self._h11.send(h11.Data(data=body)) if body else b"",
            self._h11.send(h11.EndOfMessage()),
        ]
        # a server that answers before it has read all (413, 401) may close: its answer counts
        self.sent = False
        with contextlib.suppress(UpstreamUnreachable):
            line.send(b"".join(part or b"" for part in octets))
            self.sent = True
        head = self._head()
        self.status = head.status_code
        self.headers = tuple((n.decode("ascii"), v.decode("latin-1")) for n, v in head.headers)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body.

        Raises:
            ResponseTooLarge: more bytes than the caller takes; `ResponseTruncated`: it ended early.
            ResponseMalformed, UpstreamUnreachable: it is not HTTP; nothing came in time.
        """
        taken = 0
        while True:
            if self._renews:
                self._line.deadline = Deadline(self._timeout_s, self._line.deadline.clock)
            event = self._next()
            if isinstance(event, h11.EndOfMessage):
                return
            if isinstance(event, h11.Data) and event.data:
                taken += len(event.data)
                if taken > self._most:
                    raise ResponseTooLarge(self._line.where, self._most)
                yield bytes(event.data)

    @property
    def lasts(self) -> bool:
        """Whether the connection can take another request, once the body was read."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        return done and not self._h11.trailing_data[0]

    def whole_by_deadline(self) -> None:
        """Hold the whole body to the deadline of the request, instead of each part to one of its own."""
        self._renews = False

    def close(self) -> None:
        """Close the connection; what has not come is dropped."""
        self._line.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _head(self) -> h11.Response:
        for _ in range(_MOST_INTERIM):
            event = self._next()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                break
        raise ResponseMalformed(self._line.where)

    def _next(self) -> object:
        """Return h11's next event, reading as it needs."""
        try:
            while True:
                event = self._h11.next_event()
                if event is not h11.NEED_DATA:
                    return event
                self._h11.receive_data(self._receive())
        except h11.RemoteProtocolError as fault:
            if self._h11.trailing_data[1]:  # the other side has ended, in the middle of something
                raise ResponseTruncated(self._line.where) from fault
            raise ResponseMalformed(self._line.where) from fault

    def _receive(self) -> bytes:
        try:
            return self._line.recv()
        except TlsTruncated as fault:
            raise ResponseTruncated(self._line.where) from fault
