"""The sample's process: `python -I -m bartizan.sample.serve FD`.

Rules of this file: FD is one end of a SOCK_SEQPACKET pair; the other end is the supervisor's. The first
message boots it, with the secret in a sealed memory file beside the message; every other one brings a
connected socket, made by the dialer. There is no listener: who is not given a socket cannot reach the
sample. It ends when the channel does.
"""

import array
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import uvloop

from bartizan.clock import SystemClock
from bartizan.isolation.kernel import no_new_privileges, not_dumpable
from bartizan.isolation.memory import MemoryFileRefused, read_sealed
from bartizan.sample.assistant import system_prompt
from bartizan.sample.model import Gullible, Model
from bartizan.sample.server import converse

LARGEST = 64 << 10
"""Octets of a message."""
MOST_CONNECTIONS = 1024
"""Connections at once; another one is closed unanswered."""
_LONGEST_SECRET = 256


class Boot(msgspec.Struct, tag_field="do", tag="boot", frozen=True):
    """The first message; one descriptor beside it, a sealed memory file with the secret.

    Attributes:
        model: which model answers besides the gullible assistant, which always does under the name `sample`.
        weights: the file of the model's weights; for gemma only.
        pause_ms: milliseconds between two pieces of the gullible assistant's stream.
    """

    model: Literal["gullible", "gemma"] = "gullible"
    weights: str = ""
    pause_ms: int = 0


class Connection(msgspec.Struct, tag_field="do", tag="connection", frozen=True):
    """A new connection; one descriptor beside it, a connected stream socket."""


class BootRefused(ValueError):
    """The process cannot start; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"the sample cannot start: {fault}")
        self.fault = fault


_DECODER = msgspec.json.Decoder(Boot | Connection)


def main(arguments: Sequence[str]) -> int:
    """Serve until the channel closes; return the exit status.

    Args:
        arguments: the number of the channel's descriptor.
    """
    no_new_privileges()
    not_dumpable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to answer
    channel = socket.socket(fileno=int(arguments[0]))
    try:
        models = boot(channel)
    except BootRefused as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    channel.send(b'{"do":"ready"}')
    uvloop.run(_serve(channel, models))
    return 0


def boot(channel: socket.socket) -> tuple[Model, ...]:
    """Return the models that the first message asks for: the gullible assistant, and a real one where named.

    Raises:
        BootRefused: the channel closed, another message came, or the model cannot be loaded.
    """
    message, fds = receive(channel)
    if not isinstance(message, Boot) or len(fds) != 1:
        close(fds)
        raise BootRefused("the first message must boot it, with one memory file beside it")
    try:
        secret = bytes(read_sealed(fds[0]))
    except MemoryFileRefused as fault:
        raise BootRefused(str(fault)) from fault
    if not 0 < len(secret) <= _LONGEST_SECRET or not secret.isascii():
        raise BootRefused("the secret must be 1 to 256 ASCII characters")
    prompt = system_prompt(secret.decode())
    gullible = Gullible(prompt, message.pause_ms)
    if message.model == "gullible":
        return (gullible,)
    from bartizan.sample.gemma import Gemma, ModelMissing  # noqa: PLC0415  # an optional extra

    try:
        return gullible, Gemma(Path(message.weights), prompt)
    except ModelMissing as fault:
        raise BootRefused(str(fault)) from fault


async def _serve(channel: socket.socket, models: Sequence[Model]) -> None:
    channel.setblocking(False)
    loop, closed, clock = asyncio.get_running_loop(), asyncio.Event(), SystemClock()
    open_now: set[asyncio.Task[None]] = set()

    def read() -> None:
        try:
            message, fds = receive(channel)
        except BlockingIOError:
            return
        if message is None:
            closed.set()
        elif len(fds) != 1 or not isinstance(message, Connection) or len(open_now) >= MOST_CONNECTIONS:
            close(fds)
        else:
            task = loop.create_task(_connection(fds[0], models, clock))
            open_now.add(task)
            task.add_done_callback(open_now.discard)

    loop.add_reader(channel, read)
    await closed.wait()
    loop.remove_reader(channel)


async def _connection(fd: int, models: Sequence[Model], clock: SystemClock) -> None:
    sock = socket.socket(fileno=fd)
    if sock.family != socket.AF_UNIX or sock.type & ~socket.SOCK_NONBLOCK != socket.SOCK_STREAM:
        sock.close()
        return
    sock.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=sock)
    await converse(reader, writer, models, clock)


def receive(channel: socket.socket) -> tuple[Boot | Connection | None, list[int]]:
    """Return the next message and the descriptors beside it; None once the channel is closed.

    Raises:
        BlockingIOError: nothing there, on a socket that does not block.
        BootRefused: not of the agreed form.
    """
    room = socket.CMSG_SPACE(array.array("i").itemsize)
    try:
        body, ancillary, flags, _ = channel.recvmsg(LARGEST, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionError:
        return None, []
    fds = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    if not body:
        return None, []
    try:
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise BootRefused("a message is too large")
        return _DECODER.decode(body), fds.tolist()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BootRefused) as fault:
        close(fds.tolist())
        raise BootRefused("a message is not of the agreed form") from fault


def close(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
