"""What a client and a NATS server say to each other to put messages into a stream and know that they are there. Pure.

Rules of this file: lines are bounded; of what the server says, its words are read and its text is not repeated.
Source: NATS client protocol (INFO, CONNECT, SUB, HPUB, MSG, HMSG, PING); JetStream publish acknowledgement and
`Nats-Msg-Id` (a message that comes twice within the stream's window is kept once).
"""

import re
from typing import Any, Final

import msgspec

from bartizan.typed_json import decoded

SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
"""A subject without wildcards."""
LONGEST: Final = 4096
"""Octets of a line that is not INFO."""
LONGEST_INFO: Final = 65_536
_MESSAGE: Final = re.compile(rb"(H?)MSG +(\S+) +(\S+) +(?:\S+ +)??(?:(\d{1,7}) +)?(\d{1,7})")
"""A server that has no reply to name may leave its blanks."""
_ID: Final = re.compile(r"[!-~]{1,256}")


class NotNats(ValueError):
    """What came is not what a NATS server says."""


class Info(msgspec.Struct):
    """What a server says of itself first, as far as it matters."""

    headers: bool = False
    jetstream: bool = False
    tls_required: bool = False
    tls_available: bool = False
    max_payload: int = 1 << 20


class Ack(msgspec.Struct):
    """What a stream says to a message: its place, or an error."""

    stream: str = ""
    seq: int = 0
    error: dict[str, Any] | None = None


def info(line: bytes) -> Info:
    """Return what a server's first line says.

    Raises:
        NotNats: it is no such line.
    """
    word, _, document = line.partition(b" ")
    if word.upper() != b"INFO":
        raise NotNats
    try:
        return decoded(document, Info)
    except (ValueError, RecursionError):
        raise NotNats from None


def connect(version: str, credential: str, *, tls: bool) -> bytes:
    """Return what a client says of itself.

    Args:
        version: of this client.
        credential: `user:password`, a token, or nothing. A secret.
        tls: whether the connection is encrypted.
    """
    said: dict[str, Any] = {
        "verbose": False,
        "pedantic": False,
        "tls_required": tls,
        "name": "bartizan",
        "lang": "python",
        "version": version,
        "protocol": 1,
        "headers": True,
        "no_responders": True,
    }
    user, colon, password = credential.partition(":")
    if colon:
        said |= {"user": user, "pass": password}
    elif credential:
        said["auth_token"] = credential
    return b"CONNECT %b\r\n" % msgspec.json.encode(said)


def subscribe(inbox: str) -> bytes:
    """Return what asks for everything under an inbox, as subscription 1."""
    return f"SUB {inbox}.* 1\r\n".encode("ascii")


def publish(subject: str, reply: str, identity: str, payload: bytes) -> bytes:
    """Return what puts a message into the stream that has this subject.

    Args:
        subject: as configured.
        reply: where the stream answers.
        identity: of the message; the same one is kept once.
        payload: what it says.
    """
    if SUBJECT.fullmatch(subject) is None or _ID.fullmatch(identity) is None:
        raise ValueError("a subject or an id that cannot stand in a message")
    head = f"NATS/1.0\r\nNats-Msg-Id: {identity}\r\n\r\n".encode("ascii")
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (
        subject.encode("ascii"),
        reply.encode("ascii"),
        len(head),
        len(head) + len(payload),
        head,
        payload,
    )


def message(line: bytes) -> tuple[str, int, int] | None:
    """Return subject, octets of headers and octets of all of a message that a line announces; None for another line."""
    found = _MESSAGE.fullmatch(line)
    if found is None:
        return None
    headed, subject, _, head, whole = found.groups()
    if bool(headed) != (head is not None) or int(head or 0) > int(whole):
        return None
    return subject.decode("ascii", "replace"), int(head or 0), int(whole)


def acknowledged(body: bytes) -> bool:
    """Return whether a stream's answer says that it has the message.

    Raises:
        NotNats: it is no such answer.
    """
    try:
        said = decoded(body, Ack)
    except (ValueError, RecursionError):
        raise NotNats from None
    return said.error is None and bool(said.stream) and said.seq > 0
