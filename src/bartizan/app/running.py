"""A platform that runs, as a command sees it from outside: what it says of itself, and how it is stopped.

Rules of this file: it loads nothing of what makes a platform, so that asking and stopping are quick.
"""

import os
import select
import signal
from collections.abc import Callable
from typing import Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.status import Status
from bartizan.clock import SECOND, SystemClock

STOP_SECONDS: Final = 60.0
"""Longest time in which a platform ends that was told to."""
_SOON_SECONDS: Final = 1.5
_SILENT: Final = 10 * SECOND
"""Age of a status from which on its supervisor, which dates it anew every two seconds, counts as silent."""


class PlatformStuck(RuntimeError):
    """The platform was told to stop and did not."""

    def __init__(self, pid: int) -> None:
        """Name its process."""
        super().__init__(f"the platform (process {pid}) does not stop; end it with `kill -9 {pid}`")
        self.pid = pid


def status(folder: Folder) -> Status | None:
    """Return what the supervisor last wrote down, or None where no platform runs, or none that has begun to."""
    if folder.holder() is None:
        return None
    try:
        with folder.status.open("rb") as file:
            said = msgspec.json.decode(file.read(), type=Status)
            age = SystemClock().now() - os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return None
    return msgspec.structs.replace(said, silent=age // SECOND) if age > _SILENT else said


def stop(folder: Folder, waiting: Callable[[], None] = lambda: None) -> bool:
    """Stop the platform of a state folder and return whether there was one.

    Args:
        folder: the state folder.
        waiting: called where it takes longer than a person expects.
    Raises:
        PlatformStuck: it does not end.
        PermissionError: the folder is another user's.
    """
    found = folder.holder()
    if found is None:
        return False
    try:
        process = os.pidfd_open(found)
    except ProcessLookupError:
        return False
    try:
        if folder.holder() != found:  # it ended meanwhile, and its number may be another's
            return False
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if not select.select([process], [], [], _SOON_SECONDS)[0]:
            waiting()
            if not select.select([process], [], [], STOP_SECONDS)[0]:
                raise PlatformStuck(found)
    finally:
        os.close(process)
    return True
