"""Private keys as files: PEM, readable by their owner alone, whole or not there.

Rules of this file: a key file is written under another name, synced, and linked to its own name, which fails
if somebody was faster; nobody ever sees half a key or replaces one. A file that others may read is refused.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bartizan.crypto.secret import Secret

MOST: Final = 65_536
"""Octets that a key file may have at most."""


class KeyExposed(Exception):
    """A key file that others than its owner may read or change; the key must count as known."""

    def __init__(self, path: Path, mode: int) -> None:
        """Name the file and its mode."""
        super().__init__(
            f"{path} has mode {mode:04o}: others may read this key. Make a new key, or if nobody else "
            f"could use this machine, run: chmod 600 {path}"
        )
        self.path, self.mode = path, mode


class KeyUnreadable(Exception):
    """A key file that cannot be used; `fault` says why."""

    def __init__(self, path: Path, fault: str) -> None:
        """Name the file and the fault."""
        super().__init__(f"{path}: {fault}")
        self.path, self.fault = path, fault


def load_or_create(path: Path, make: Callable[[], Secret]) -> Secret:
    """Return the PEM of the key file; where there is none, make the key and write it first.

    Args:
        path: the key file; its folder is made (mode 0700) where it is missing.
        make: returns the PEM of a new key; called only where the file is missing.
    Raises:
        KeyExposed: others may read or change the file.
        KeyUnreadable: not a plain file of ours, too large, or the disk failed.
    """
    try:
        return load(path)
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _create(path, make())
    return load(path)


def load(path: Path) -> Secret:
    """Return the PEM of an existing key file.

    Raises:
        FileNotFoundError: there is none.
        KeyExposed: others may read or change the file.
        KeyUnreadable: not a plain file of ours, too large, or the disk failed.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise KeyUnreadable(path, f"cannot be opened ({fault.strerror})") from fault
    try:
        _check(path, os.fstat(file))
        return Secret(os.read(file, MOST))
    finally:
        os.close(file)


def _check(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise KeyUnreadable(path, "is not a plain file")
    if facts.st_uid not in {os.geteuid(), 0}:
        raise KeyUnreadable(path, "belongs to another user")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise KeyExposed(path, stat.S_IMODE(facts.st_mode))
    if not 0 < facts.st_size < MOST:
        raise KeyUnreadable(path, "is empty or too large for a key")


def _create(path: Path, pem: Secret) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(pem.reveal())
                stream.flush()
                os.fsync(stream.fileno())
            _link(draft, path)
        finally:
            draft.unlink()
        sync_folder(path.parent)
    except OSError as fault:
        raise KeyUnreadable(path, f"cannot be written ({fault.strerror})") from fault


def _link(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)  # unlike a rename, fails where another process has just written its key
    except FileExistsError:
        return


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable (fsync), so that a new name survives a power loss."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
