"""Runs a platform whose first worker turns on it as soon as it serves.

    python -I turned.py MISDEED MODULE [ARGUMENT ...]

The module runs as it would. The worker that is started first is confined like any, is told to serve, and then
does what `MISDEEDS` names; those that are started after it are honest. `bartizan.cli.main` started this way
starts its children this way.
"""

import asyncio
import itertools
import os
import runpy
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

FIRST_WORKER = 6
"""The supervisor's number of it: sealer, dialer, sample, control and inspector come before."""
_PAUSE_S = 0.3
_REQUEST = '{"do":"leaf-wanted","request":"%s"}'

Misdeed = Callable[[Any, socket.socket], None]


def say(channel: socket.socket, *messages: str, times: int = 1) -> None:
    """Send messages, waiting where the supervisor is slower."""
    channel.setblocking(True)
    for message in itertools.chain.from_iterable(itertools.repeat(messages, times)):
        channel.send(message.encode())


def ask_certificates(_: Any, channel: socket.socket) -> None:  # noqa: ANN401  # the worker, from inside
    say(channel, _REQUEST % ("x" * 8000), times=2000)


def ask_segments(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, '{"do":"segment-wanted"}', times=2000)


def dial_without_end(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    channel.setblocking(True)
    for ticket in range(20_000):
        channel.send(b'{"do":"dial","ticket":%d,"service":"sample"}' % ticket)


def mint_without_end(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    channel.setblocking(True)
    for number in itertools.count():
        names = ",".join(f'"10.{number}.{each}.0/24":"a-{number:08x}{each:08x}"' for each in range(256))
        channel.send(b'{"do":"minted","addresses":{%s}}' % names.encode())


def say_nonsense(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, "\x00\xff{")


def speak_as_control(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, '{"do":"publish"}')


def say_too_much(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, '{"do":"alive","x":"%s"}' % ("x" * 80_000))


def be_ready_again(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, '{"do":"ready","seccomp":true,"landlock":99}')


def hang_up(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    channel.shutdown(socket.SHUT_WR)
    asyncio.get_running_loop().remove_reader(channel.fileno())


def hang(_: Any, __: socket.socket) -> None:  # noqa: ANN401
    time.sleep(600)


def spoil_the_journal(worker: Any, _: socket.socket) -> None:  # noqa: ANN401
    os.write(worker.journal._fd, b"garbage" * 20)


def fill_the_disk(worker: Any, _: socket.socket) -> None:  # noqa: ANN401
    try:
        while True:
            os.write(worker.journal._fd, bytes(1 << 20))
    except OSError as fault:
        os.write(2, f"TURNED stopped by errno {fault.errno}\n".encode())


def claim_the_future(_: Any, channel: socket.socket) -> None:  # noqa: ANN401
    say(channel, '{"do":"loaded","generation":9007199254740992}', times=100)


MISDEEDS: dict[str, Misdeed] = {
    misdeed.__name__: misdeed
    for misdeed in (
        ask_certificates,
        ask_segments,
        be_ready_again,
        claim_the_future,
        dial_without_end,
        fill_the_disk,
        hang,
        hang_up,
        mint_without_end,
        say_nonsense,
        say_too_much,
        speak_as_control,
        spoil_the_journal,
    )
}


def number_of(frame: FrameType | None) -> int:
    """Return the number of the worker in whose frames this is called, from its boot message."""
    while frame is not None:
        if "boot" in frame.f_locals:
            return int(frame.f_locals["boot"].number)
        frame = frame.f_back
    return 0


def adversary(misdeed: Misdeed) -> None:
    """Put the adversary into this process, in case it is the first worker."""
    from bartizan.isolation import worker as isolation  # noqa: PLC0415  # after the interpreter has started

    original = isolation.confine

    def confine(listener: int) -> Any:  # noqa: ANN401  # as the original
        worker = sys._getframe(1).f_locals["self"]
        held = original(listener)
        if number_of(sys._getframe(1)) == FIRST_WORKER:
            wait(worker)
        return held

    def wait(turned: Any) -> None:  # noqa: ANN401  # a worker
        loop = asyncio.get_running_loop()
        if hasattr(turned, "_serving"):
            loop.call_later(_PAUSE_S, misdeed, turned, turned.channel.sock)
        else:
            loop.call_later(0.02, wait, turned)

    isolation.confine = confine


def main() -> None:
    """Run the module with the adversary inside."""
    name, module, *arguments = sys.argv[1:]
    if module == "bartizan.app.worker":
        adversary(MISDEEDS[name])
    else:
        from bartizan.app import pulse, supervisor  # noqa: PLC0415  # after the interpreter has started

        pulse.EVERY_SECONDS = 0.2  # so that tests need not wait for ten seconds
        supervisor.LAUNCH = (sys.executable, "-I", str(Path(__file__).resolve()), name)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
