"""A real Valkey or Redis server for a test: without a port unless one is wanted, and gone with it."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMAND = shutil.which("valkey-server") or shutil.which("redis-server") or ""
PASSWORD = "of-this-test-alone"  # noqa: S105  # of a server that lives as long as a test


@contextmanager
def serving(*options: str, port: int = 0) -> Iterator[Path]:
    """Yield the path of a running server's unix socket.

    Args:
        options: more of its options.
        port: of 127.0.0.1 that it listens at too.
    """
    if not COMMAND:
        pytest.skip("needs valkey-server or redis-server")
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        path = Path(folder) / "s"
        words = ("--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(path), "--dir", folder)
        with subprocess.Popen(
            (COMMAND, *words, "--save", "", "--appendonly", "no", *options), stdout=subprocess.DEVNULL
        ) as process:
            try:
                _await(path)
                yield path
            finally:
                process.kill()


def _await(path: Path) -> None:
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                time.sleep(0.01)
            else:
                return
    pytest.fail("the server did not start")


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
