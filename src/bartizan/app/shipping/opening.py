"""Opening the file that entries are appended to, and its folder.

Rules of this file: the supervisor does this for the shipper, by the path that the plan has, so that a shipper that falls
opens nothing; it imports nothing that the supervisor has no use for.
"""

import errno
import os
import stat
from typing import Final

NO_FILE: Final = errno.ENOTSUP
"""What is said where something else than a file lies there."""
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def descriptors(path: str) -> tuple[int, int]:
    """Return descriptors of the file at a path, which is made where there is none, and of its folder.

    Raises:
        OSError: it cannot be opened; with `NO_FILE` where it is none.
    """
    file = os.open(path, _FLAGS, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(NO_FILE, "no file")
        return file, os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120
    except OSError:
        os.close(file)
        raise
