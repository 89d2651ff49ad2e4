"""One run, as a process of its own: started, waited for, and ended when it takes too long.

Rules of this file: nothing here blocks the loop. What a run prints is read as it comes, so that it never waits, and of it a
few words are kept for the platform's log.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.schedule.runs import Run, Status
from bartizan.ledger.event import Outcome

CHILD: Final = "bartizan.app.schedule.child"
KEPT: Final = 512
"""Octets of what a run printed last that are kept."""
TERM_SECONDS: Final = 10.0
"""For a run that is told to end, to put away what it has started; then it is killed, and its group with it."""
_STOP_SECONDS: Final = 3.0
"""The same, where control itself is to end, which has five."""
_GONE_SECONDS: Final = 5.0
_OUTCOME: Final = {Status.CLEAN: Outcome.DONE, Status.FOUND: Outcome.FOUND}
_SIGNALLED: Final = 128


class Ending(msgspec.Struct, frozen=True):
    """How a run ended.

    Attributes:
        outcome: done, found (carried out, and something is wrong) or failed.
        reason: why it failed: `status`, `signal`, `overstayed`, `interrupted`, `unstartable`; else empty.
        status: of its process; 128 and the number of the signal that ended it.
        words: what it printed last, for the platform's log alone.
    """

    outcome: Outcome
    reason: str = ""
    status: int = 0
    words: str = ""


INTERRUPTED: Final = Ending(Outcome.FAILED, "interrupted")
"""Of a run that was under way when the process that waited for it ended."""


async def carry_out(launch: Sequence[str], run: Run, folder: Folder) -> Ending:
    """Return how a run ended; never raises but for being cancelled, and then the run is ended first.

    Args:
        launch: how a process of ours is started: the interpreter and its switches.
        run: what.
        folder: the state folder.
    """
    words = [CHILD, run.name, str(folder.root), str(os.getpid())]
    try:
        process = await asyncio.create_subprocess_exec(
            *launch,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
            env={},
            start_new_session=True,
        )
    except OSError as fault:
        return Ending(Outcome.FAILED, "unstartable", words=fault.strerror or "")
    return await _ending(process, run.most_seconds)


async def _ending(process: asyncio.subprocess.Process, seconds: float) -> Ending:
    said = bytearray()
    reading = asyncio.create_task(_read(process, said))
    try:
        async with asyncio.timeout(seconds):
            status = await process.wait()
    except TimeoutError:
        await _end(process, TERM_SECONDS)
        return Ending(Outcome.FAILED, "overstayed", words=f"it was ended after {seconds:g} s")
    except asyncio.CancelledError:
        await _end(process, _STOP_SECONDS)
        raise
    finally:
        reading.cancel()
    return _judged(status, said.decode("utf-8", "replace"))


def _judged(status: int, said: str) -> Ending:
    words = said.strip().rpartition("\n")[2]
    if status < 0:
        return Ending(Outcome.FAILED, "signal", _SIGNALLED - status, words)
    outcome = _OUTCOME.get(status)  # type: ignore[call-overload]  # any number may be asked for
    if outcome is None:
        return Ending(Outcome.FAILED, "status", status, words)
    return Ending(outcome, status=status)


async def _read(process: asyncio.subprocess.Process, said: bytearray) -> None:
    while process.stderr is not None and (octets := await process.stderr.read(4096)):
        said += octets
        del said[:-KEPT]


async def _end(process: asyncio.subprocess.Process, seconds: float) -> None:
    """End a run and what it has started in its group: in order, and after so many seconds anyway."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, _GONE_SECONDS)):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await process.wait()
                return
