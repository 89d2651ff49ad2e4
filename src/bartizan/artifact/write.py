"""Files of signatures: there in whole, or as they were before."""

import os
from pathlib import Path

from bartizan.crypto.keyring import sync_folder


def written(file: Path, octets: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is there in whole or as it was before, also after a power loss.

    Args:
        file: its folder exists.
        octets: all of it.
        mode: of the file.
    Raises:
        OSError: it cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(draft, flags, mode), "wb") as stream:
            stream.write(octets)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise OSError(fault.errno, fault.strerror, str(file)) from fault
    sync_folder(file.parent)
