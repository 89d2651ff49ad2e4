"""Real Envoy and Caddy, for the length of a block; both come from the package index and are in CI only, unless asked for."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ENVOY = shutil.which("envoy", path=str(Path(sys.executable).parent))
CADDY = shutil.which("caddy", path=str(Path(sys.executable).parent))
needed = pytest.mark.skipif(not (ENVOY and CADDY), reason="needs real proxies: make install EDGE=1")
PATIENCE_S = 120


@contextlib.contextmanager
def envoy(file: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run Envoy on a configuration until the block ends; begin once it is ready."""
    words = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    with _running([str(ENVOY), "-c", str(file), *words], file.with_suffix(".log"), ready):
        yield


@contextlib.contextmanager
def caddy(file: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run Caddy, as `envoy`."""
    words = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(file)]
    with _running(words, file.with_suffix(".log"), ready):
        yield


@contextlib.contextmanager
def _running(words: list[str], log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    home = {"HOME": str(log.parent), "XDG_DATA_HOME": str(log.parent), "XDG_CONFIG_HOME": str(log.parent)}
    with log.open("wb") as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, env={**os.environ, **home})
    try:
        until = time.monotonic() + PATIENCE_S
        while not ready():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
