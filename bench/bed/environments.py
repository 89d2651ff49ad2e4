"""Environments of peers that are Python packages: each has its own, made from its own hashed lock when it is missing or stale.

Nothing of a peer is installed into `.venv`. Only prebuilt packages are taken, as for our own.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path.home() / ".cache" / "bartizan-bench"
LOCKS = Path(__file__).parents[2] / "requirements"
_PATIENCE_S = 600


class NotInstalled(RuntimeError):
    """An environment could not be made; the message is what the installer said last."""


def environment(name: str, folder: Path = FOLDER, locks: Path = LOCKS) -> Path:
    """Return the interpreter of a peer's environment.

    Args:
        name: of the peer; `bench-NAME.txt` is its lock.
        folder: that environments stand in.
        locks: folder of the locks.
    Raises:
        NotInstalled: it cannot be made here.
    """
    lock, place = locks / f"bench-{name}.txt", folder / name
    stamp, python = place / "installed", place / "bin" / "python"
    wanted = f"{sys.version}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        _run([sys.executable, "-m", "venv", "--clear", str(place)])
        safely = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
        _run([str(python), "-m", "pip", "--no-input", "install", *safely, "-r", str(lock)])
        stamp.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"not installed within {_PATIENCE_S} s") from None
    if told.returncode:
        faults = [line for line in told.stderr.splitlines() if line.startswith("ERROR")] or [
            "no reason given"
        ]
        raise NotInstalled(faults[-1])
