"""The control process at work: its servers, what it keeps doing beside them, and its end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final, Protocol, TypeAlias

from bartizan.app.control import Registrar
from bartizan.app.control_ports import NOT_DONE
from bartizan.http.server import Server
from bartizan.http.supervision import Supervision
from bartizan.ledger.journal import Journal, JournalUnwritable
from bartizan.store.reserve import Reserve

_REFUSALS_S: Final = 1.0


class Counts(Protocol):
    """Whoever counts what it refuses."""

    def record_refusals(self) -> None:
        """Record what was refused since the last time."""
        ...


Refusing: TypeAlias = Iterable[Counts]


async def until_gone(
    supervision: Supervision,
    registrar: Registrar,
    refusing: Refusing,
    room: Reserve,
    keepers: Sequence[Callable[[], Coroutine[None, None, None]]],
    servers: Sequence[tuple[Server, socket.socket]],
) -> None:
    """Serve, and record what was refused, every second, until the supervisor says or the record cannot be kept.

    Args:
        supervision: is told when everything is served, and tells when to end.
        registrar: what it took away, and its suspicions, settle with time.
        refusing: whoever counts what it refuses.
        room: on the disk, that is kept.
        keepers: works that go on for as long.
        servers: with their listeners.
    """
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, supervision.gone.set)
    async with asyncio.TaskGroup() as group:
        for server, listener in servers:
            group.create_task(server.serve(sockets=[listener]))
        while not all(server.started for server, _ in servers):  # noqa: ASYNC110 - uvicorn only has a flag
            await asyncio.sleep(0.01)
        supervision.ready()
        keeping = [group.create_task(keep()) for keep in keepers]
        while not supervision.gone.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REFUSALS_S):
                    await supervision.gone.wait()
            room.keep()
            with contextlib.suppress(JournalUnwritable):  # sets `gone`
                _record_refusals(refusing)
            with contextlib.suppress(*NOT_DONE):  # tried again in a second, and said by status
                await registrar.publication.settle()
                await registrar.suspects.settle()
        for task in keeping:
            task.cancel()
        for server, _ in servers:
            server.should_exit = True


def end(refusing: Refusing, journal: Journal) -> None:
    """Record what was refused last, and close the journal."""
    with contextlib.suppress(JournalUnwritable):
        _record_refusals(refusing)
        journal.close()


def _record_refusals(refusing: Refusing) -> None:
    for each in refusing:
        each.record_refusals()
