"""How the processes of one platform talk: small JSON messages with descriptors, over a pair of their own.

Rules of this file: one end is the supervisor, the other one child. SOCK_SEQPACKET keeps the borders of
messages and, unlike a datagram socket, cannot be pointed at another address. A message holds no secret:
secrets and large values travel beside it as sealed memory files. What a worker says is data of a process
that may be compromised: typed, bounded, and it can pass no descriptor.
"""

import array
import os
import socket
from collections.abc import Sequence
from typing import Any

import msgspec

LARGEST = 64 << 10
"""Octets of a message."""
MOST_DESCRIPTORS = 8
"""Descriptors beside a message."""


class ChannelClosed(ConnectionError):
    """The other process is gone, or does not read what it is told."""


class ChannelFull(ChannelClosed):
    """The other process does not read what it is told; nothing was sent."""


class MessageRefused(ValueError):
    """A message that is not of the agreed form; `fault` says what is wrong with it."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"message refused: {fault}")
        self.fault = fault


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")


class Message(msgspec.Struct, tag_field="do", tag=_kebab, frozen=True):
    """A message; the field `do` is its type's name in kebab case."""


class Channel:
    """One end of the pair.

    Args:
        sock: the end, AF_UNIX and SOCK_SEQPACKET.
        reads: what arrives: a union of `Message` types, or `dict`.
        descriptors: whether the other side may pass any.
    """

    __slots__ = ("_decoder", "_room", "sock")

    def __init__(self, sock: socket.socket, reads: Any = dict[str, Any], *, descriptors: bool = True) -> None:  # noqa: ANN401  # a type form
        """Take over the socket."""
        self.sock = sock
        self._decoder = msgspec.json.Decoder(reads)
        self._room = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize) if descriptors else 0

    def fileno(self) -> int:
        """Return the descriptor, for an event loop."""
        return self.sock.fileno()

    def send(self, message: Message | dict[str, Any], fds: Sequence[int] = ()) -> None:
        """Send a message; the descriptors are copied, the caller keeps and closes its own.

        Raises:
            ChannelClosed: the other side is gone; ChannelFull: it has let its buffer run full.
            MessageRefused: too large to send.
        """
        body = msgspec.json.encode(message)
        if len(body) > LARGEST or len(fds) > MOST_DESCRIPTORS:
            raise MessageRefused("too large to send")
        try:
            if fds:
                socket.send_fds(self.sock, [body], list(fds))
            else:
                self.sock.send(body)  # not sendmsg, which a confined worker does not have
        except BlockingIOError as fault:
            raise ChannelFull("the other process does not read its messages") from fault
        except OSError as fault:
            raise ChannelClosed("the other process is gone") from fault

    def receive(self) -> tuple[Any, list[int]]:
        """Return the next message and the descriptors that came with it, which are the caller's to close.

        Raises:
            ChannelClosed: the other side is gone.
            MessageRefused: not of the agreed form; its descriptors are closed.
            BlockingIOError: nothing there, on a socket that does not block.
        """
        try:
            body, ancillary, flags, _ = self.sock.recvmsg(LARGEST + 1, self._room, socket.MSG_CMSG_CLOEXEC)
        except (ConnectionError, TimeoutError) as fault:
            raise ChannelClosed("the other process is gone") from fault
        fds = _descriptors(ancillary)
        try:
            if not body:
                raise ChannelClosed("the other process is gone")
            if len(body) > LARGEST or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
                raise MessageRefused("too large, or with descriptors that nobody asked for")
            return self._decoder.decode(body), fds
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            close(fds)
            raise MessageRefused("not of the agreed form") from fault
        except (ChannelClosed, MessageRefused):
            close(fds)
            raise

    def close_writing(self) -> None:
        """Say nothing more; the other side sees the end of its orders."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close this end."""
        self.sock.close()


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return found.tolist()


def close(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)


def pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a new channel: the supervisor's, which never blocks, and the child's, which does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs
