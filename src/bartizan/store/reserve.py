"""Room on the disk that is kept for what must be written even when nothing else can be.

Rules of this file: a file that holds nothing keeps the room, and gives it back by being removed. It is made only where
there is plenty, so that a disk that is nearly full is not filled by it, and made again once there is plenty again.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

from bartizan.isolation.kernel import preallocate

PLENTY: Final = 4
"""How many times its size must be free for the reserve to be made."""


class Reserve:
    """Room of one process's own.

    Args:
        path: of the file.
        octets: how much room.
    """

    def __init__(self, path: Path, octets: int) -> None:
        """Keep nothing yet."""
        self._path, self._octets = path, octets

    def keep(self) -> bool:
        """Make the file where there is plenty; return whether it is there now, in its size."""
        try:
            if self._path.is_file() and self._path.stat().st_size == self._octets:
                return True
            facts = os.statvfs(self._path.parent)
            if facts.f_bavail * facts.f_frsize < PLENTY * self._octets:
                return False
            return self._make()
        except OSError:
            return False

    def release(self) -> bool:
        """Give the room back; return whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def hand_to(self, path: Path) -> bool:
        """Give the room to a file that will grow into it, before anybody else has it; return whether there was any.

        A file system that cannot reserve leaves the room to whoever comes first.
        """
        if not self.release():
            return False
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                preallocate(file, os.fstat(file).st_size + self._octets)
            finally:
                os.close(file)
        return True

    def _make(self) -> bool:
        file = os.open(
            self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            os.posix_fallocate(file, 0, self._octets)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        finally:
            os.close(file)
        return True
