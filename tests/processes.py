"""Looking into a running process that holds secrets: root may, its own user may not."""

import contextlib
import gc
import os
import time
from pathlib import Path

import pytest


def opened(pid: int) -> list[str]:
    """Return what each descriptor of a process leads to; without root the test stands aside."""
    if os.geteuid() != 0:
        pytest.skip("needs root to see the descriptors of a process that its own user may not read")
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found.append(str(entry.readlink()))
    return found


def descriptors() -> int:
    """Return how many this process has open, once what nobody can reach any more is closed."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def descriptors_again(before: int) -> int:
    """Return how many it has open once they are no more than before, or after a while: threads of earlier tests open some for a moment."""
    for _ in range(200):
        if descriptors() <= before:
            break
        time.sleep(0.05)
    return descriptors()


def environment(pid: int) -> bytes:
    """Return the environment of a process; nothing where its own user asks, who is refused."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except PermissionError:
        assert os.geteuid() != 0
        return b""
