"""The supervisor's process: a platform is started, and stays until it is told to stop.

Rules of this file: whoever started the platform gets one answer, and unless they leave it to itself, it ends with them.
"""

import asyncio
import contextlib
import resource
import signal
import socket
import sys
from pathlib import Path

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed, Message, MessageRefused
from bartizan.app.child import ChildEnded
from bartizan.app.folder import Folder, PlatformRunning
from bartizan.app.plan import Plan
from bartizan.app.supervisor import Supervisor
from bartizan.isolation.memory import read_sealed


async def _run(plan: Plan, starter: Channel) -> None:
    """Run a platform until a signal, or the end of who started it, unless they have left it to itself."""
    loop, stop = asyncio.get_running_loop(), _told_to_stop(starter)
    supervisor = Supervisor(plan)
    loop.set_exception_handler(lambda _, context: supervisor.log.fault("supervisor", context))
    starting, stopped = loop.create_task(supervisor.start()), loop.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    answer: Message = m.NotStarted(fault="it was told to stop")
    if not starting.done():
        starting.cancel()
    elif (fault := starting.exception()) is None:
        answer = m.Started(url=supervisor.listeners.near, listen=supervisor.listeners.listens)
    elif isinstance(fault, ChildEnded | ChannelClosed | TimeoutError | OSError):
        answer = m.NotStarted(fault=str(fault) or "it took too long")
    else:
        raise fault
    _answer(starter, answer)
    if isinstance(answer, m.Started):
        await stopped
    stopped.cancel()
    await supervisor.stop()


def _told_to_stop(starter: Channel) -> asyncio.Event:
    """Return what is set once the platform is to stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    starter.sock.setblocking(False)

    def starter_said() -> None:  # that it leaves, or its end
        loop.remove_reader(starter.fileno())
        try:
            said, _ = starter.receive()
        except (ChannelClosed, MessageRefused):
            said = None
        if not isinstance(said, m.Leave):
            stop.set()

    loop.add_reader(starter.fileno(), starter_said)
    return stop


def _answer(starter: Channel, answer: Message) -> None:
    with contextlib.suppress(ChannelClosed):  # who started it may be gone, and does not want to know any more
        starter.send(answer)


def _bounds() -> None:
    """Take as many descriptors as there may be, and leave no core file; children inherit both."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(argv: list[str]) -> None:
    """Run a platform until it is told to stop; `argv` holds the descriptor of the starter's channel."""
    starter = Channel(socket.socket(fileno=int(argv[0])), m.BootSupervisor | m.Leave)
    _, fds = starter.receive()
    plan = msgspec.json.decode(read_sealed(fds[0]), type=Plan)
    folder = Folder(Path(plan.folder))
    _bounds()
    try:
        folder.make()
        with folder.locked(platform=True):
            folder.status.unlink(missing_ok=True)  # of a run that ended without a word
            asyncio.run(_run(plan, starter))
    except (OSError, PlatformRunning) as fault:
        _answer(starter, m.NotStarted(fault=str(fault)))


if __name__ == "__main__":
    main(sys.argv[1:])
