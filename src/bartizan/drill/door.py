"""The front door of a platform, as a stranger sees it: an address, an authority to trust, and HTTP.

Rules of this file: every request has a connection of its own, so that no attack can lean on what another one
left behind; `line` gives the connection itself to those who send octets that no client would write.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import h11
import msgspec
from OpenSSL import SSL

from bartizan.crypto.secret import Reticent
from bartizan.crypto.tls import client_context
from bartizan.egress.line import Deadline, Line, open_connection
from bartizan.typed_json import decoded

WAIT_S: Final = 10.0
"""Longest wait for one answer, in seconds."""
_SILENCE_S: Final = 1.0
_LARGEST: Final = 4 << 20
_OK: Final = 200
_REDIRECT: Final = 300


class AnswerTooLarge(ValueError):
    """A body of more than 4 MiB, which no attack asks for."""


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


class _Refused(msgspec.Struct, frozen=True):
    error: _Error | None = None
    type: str = ""


class Answer(Reticent, frozen=True):
    """What the gateway answered.

    Attributes:
        status: of HTTP.
        headers: names in lower case; of a repeated one, the last.
        body: at most 4 MiB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request(self) -> str:
        """The request's id (`q-…`), by which the ledger knows it; empty where it got none."""
        return self.headers.get("x-request-id", "")

    @property
    def served(self) -> bool:
        """Whether the request was answered with what it asked for."""
        return _OK <= self.status < _REDIRECT

    @property
    def reason(self) -> str:
        """The gateway's word for a refusal, of a problem document or in OpenAI's shape; empty without one."""
        try:
            told = decoded(self.body, _Refused)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        return told.error.code if told.error else told.type.rpartition(":")[2]

    @property
    def text(self) -> str:
        """What the assistant said in a chat completion; empty where the body is none."""
        try:
            return str(json.loads(self.body)["choices"][0]["message"]["content"] or "")
        except (ValueError, LookupError, TypeError):
            return ""


class Door(msgspec.Struct, frozen=True):
    """Where a platform is reached.

    Attributes:
        host, port: its address.
        authority: certificate of the authority to trust, PEM; empty for a platform that speaks plain HTTP.
        service: name of the service behind it that is attacked.
        model: what requests name as their model.
    """

    host: str
    port: int
    authority: bytes
    service: str
    model: str = "sample"

    @property
    def name(self) -> str:
        """What the Host field says."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def path(self, route: str) -> str:
        """Return the path of an API route of the service (`chat/completions`)."""
        return f"/{self.service}/v1/{route}"

    def line(self, context: SSL.Context | None = None) -> Line:
        """Return a connection.

        Args:
            context: of TLS; where None, that of a current client, which offers the hybrid group first.
        Raises:
            EgressFault: no connection, or no agreement on TLS (HandshakeRefused).
        """
        if self.authority:
            context = context or client_context(self.authority)
        return open_connection(
            self.host, self.port, context=context, allowed=frozenset({self.host}), timeout_s=WAIT_S
        )

    def body(self, fields: Mapping[str, Any]) -> bytes:
        """Return the body of a chat request with these fields and the model."""
        return json.dumps({"model": self.model, **fields}).encode()

    def chat(self, body: Mapping[str, Any] | bytes, *, token: str) -> Answer:
        """Ask for a chat completion.

        Args:
            body: fields, to which the model is added; or the octets as they go out.
            token: to present; empty for none.
        Raises:
            EgressFault: as of `line`, or the connection broke, or nothing came in time.
        """
        octets = body if isinstance(body, bytes) else self.body(body)
        return self.send("POST", self.path("chat/completions"), token=token, body=octets)

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Send one well-formed request and return the answer.

        Args:
            method, path: of the request line.
            token: to present; empty for none.
            headers: besides Host, Authorization, Content-Type (JSON, unless among these) and Content-Length.
            body: octets; none for an empty one.
        Raises:
            EgressFault: as of `line`, or the connection broke, or nothing came in time.
            h11.RemoteProtocolError: what came back is not HTTP.
            AnswerTooLarge: more than 4 MiB came back.
        """
        with self.line() as line:
            line.send(self.request(method, path, token=token, headers=headers, body=body))
            return read_answer(line, method)

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> bytes:
        """Return the octets of a well-formed request; arguments as of `send`."""
        fields = [("host", self.name), *headers]
        names = {name.lower() for name, _value in fields}
        if token:
            fields.append(("authorization", f"Bearer {token}"))
        if body and "content-type" not in names:
            fields.append(("content-type", "application/json"))
        if body:
            fields.append(("content-length", str(len(body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def raw(self, octets: bytes) -> tuple[Answer, ...]:
        """Send octets and return every answer until the connection closes or falls silent.

        Raises:
            EgressFault: as of `line`; not when the other side closes or falls silent.
            h11.RemoteProtocolError, AnswerTooLarge: as of `send`.
        """
        received = b""
        with self.line() as line:
            line.send(octets)
            with contextlib.suppress(OSError):  # silence and a reset both end what this connection says
                while len(received) < _LARGEST and not _last(received):
                    line.deadline = Deadline(_SILENCE_S)
                    more = line.recv()
                    if not more:
                        break
                    received += more
        return _answers(received)


def read_answer(line: Line, method: str, wait_s: float = WAIT_S) -> Answer:
    """Return the answer that comes next on a line.

    Args:
        line: on which the request was written.
        method: of the request, on which the answer's framing depends.
        wait_s: longest wait for it, in seconds.
    Raises:
        EgressFault, h11.RemoteProtocolError, AnswerTooLarge: as of `Door.send`.
    """
    line.deadline = Deadline(wait_s)
    return _read(_reader(method), line.recv)


def _answers(received: bytes) -> tuple[Answer, ...]:
    answers: list[Answer] = []
    while received:
        reader = _reader("POST")
        reader.receive_data(received)
        reader.receive_data(b"")
        answers.append(_read(reader, _nothing))
        received = reader.trailing_data[0]
    return tuple(answers)


def _last(received: bytes) -> bool:
    """Return whether these are whole answers, the last of which says that none will follow."""
    try:
        answers = _answers(received)
    except h11.RemoteProtocolError:  # not whole yet
        return False
    return bool(answers) and answers[-1].headers.get("connection", "").lower() == "close"


def _nothing() -> bytes:
    return b""


def _reader(method: str) -> h11.Connection:
    reader = h11.Connection(h11.CLIENT)
    # The reader is told a request like ours, so that it knows which answer to expect.
    reader.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
    reader.send(h11.EndOfMessage())
    return reader


def _read(reader: h11.Connection, more: Callable[[], bytes]) -> Answer:
    body = bytearray()
    head: h11.Response | None = None
    while True:
        event = reader.next_event()
        if event is h11.NEED_DATA:
            reader.receive_data(more())
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _LARGEST:
                raise AnswerTooLarge
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return Answer(head.status_code, _fields(head), bytes(body))


def _fields(head: h11.Response) -> dict[str, str]:
    return {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
