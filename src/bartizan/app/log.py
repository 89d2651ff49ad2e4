"""The platform's log: what its processes print, in two files of bounded size.

Rules of this file: the log is for people and their tools, the record is the ledger. What processes print are faults, in
ids, kinds of errors and places in the code: nothing of what clients sent, and no secret.
"""

import asyncio
import os
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bartizan.clock import SECOND, Clock

_LIMIT = 4 << 20
_LONGEST = 8192
"""Characters of a line."""
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_LAST_READS = 16

Line = Callable[[str, str], str]
"""(process, what it says) -> a line of the log, without its end."""


def plainly(name: str, said: str) -> str:
    """Return a line for people."""
    return f"{name}: {said}"


class Said(msgspec.Struct, frozen=True):
    """A line for tools.

    Attributes:
        at: UTC, RFC 3339, microseconds.
        level: `warning` of what the supervisor notes, `error` of what another process prints.
        event: `noted` or `printed`.
        process, number: who says it, and which start of the platform's that was; 0 of the supervisor.
        said: the text.
    """

    at: str
    level: str
    event: str
    process: str
    number: int
    said: str


def as_json(clock: Clock) -> Line:
    """Return how a line is written as one JSON object, with the time of this clock."""

    def line(name: str, said: str) -> str:
        process, _, number = name.partition(" ")
        seconds, rest = divmod(clock.now(), SECOND)
        at = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"
        level, event = ("warning", "noted") if process == "supervisor" else ("error", "printed")
        return msgspec.json.encode(Said(at, level, event, process, int(number or 0), said)).decode()

    return line


class Log:
    """The platform's log: what children print, each line with its process; two files of bounded size."""

    def __init__(self, path: Path, line: Line = plainly) -> None:
        """Open it for appending, readable by the owner alone.

        Args:
            path: of the file; the one before it ends with `.old`.
            line: how a line is written.
        """
        self._path, self._line = path, line
        self._last: dict[str, str] = {}
        self._fd = os.open(path, _APPEND, 0o600)

    def follow(self, pipe: int, name: str) -> Callable[[], None]:
        """Copy what comes out of a pipe until it ends, and close it; return what copies the rest at once."""
        loop = asyncio.get_running_loop()
        open_still = True

        def copy() -> bool:
            nonlocal open_still
            try:
                text = os.read(pipe, 65536) if open_still else b""
            except BlockingIOError:
                return False
            if text:
                self.write(name, text.decode("utf-8", "replace"))
            elif open_still:
                open_still = False
                loop.remove_reader(pipe)
                os.close(pipe)
            return open_still

        def rest() -> None:
            for _ in range(_LAST_READS):
                if not copy():
                    return

        loop.add_reader(pipe, copy)
        return rest

    def last(self, name: str) -> str:
        """Return the last line that was written under a name, and forget it."""
        return self._last.pop(name, "")

    def fault(self, name: str, context: dict[str, Any]) -> None:
        """Write what went wrong in a callback of the loop, in one line with its place."""
        fault = context.get("exception")
        trace = fault.__traceback__ if isinstance(fault, BaseException) else None
        places = [
            Path(frame.f_code.co_filename).name + f":{line}" for frame, line in traceback.walk_tb(trace)
        ]
        self.write(name, f"{context.get('message', 'fault')}: {fault!r} at {' '.join(places[-3:])}")

    def write(self, name: str, text: str) -> None:
        """Append lines under a name; a full disk loses them and nothing else."""
        lines = "".join(self._line(name, line[:_LONGEST]) + "\n" for line in text.splitlines())
        self._last[name] = text.splitlines()[-1] if text.strip() else ""
        try:
            if os.fstat(self._fd).st_size > _LIMIT:
                self._begin_anew()
            os.write(self._fd, lines.encode())
        except OSError:
            return  # the log is for people; the record is the ledger

    def _begin_anew(self) -> None:
        """Go on in a new file, if there is one to be had; else in this one."""
        name = self._path.with_suffix(".new")
        try:
            new = os.open(name, _APPEND, 0o600)
        except OSError:
            return
        self._path.replace(self._path.with_suffix(".old"))
        name.replace(self._path)
        os.close(self._fd)  # only now: a number that is closed may soon be something else's
        self._fd = new
