"""Other people's software that reads what ours writes: in an environment of its own, of the Python that it asks for."""

import fcntl
import os
import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_PYTHONS = ("python3.14", "python3.13", "python3.12")
_NONE = (
    f"none of {', '.join(_PYTHONS)} is here, which aics-tlog needs: install one (pyenv, or a newer Debian)"
)


@cache
def environment(name: str = "foreign") -> Path:
    """Return the folder of commands of an environment; made once for a lock, and kept beside the clone's own.

    `foreign` skips the test where this machine has no Python that is new enough, which fails the run in CI; the others
    take the one that runs the tests.
    """
    python = _python() if name == "foreign" else sys.executable
    if python is None:
        pytest.skip(_NONE)
    locked = ROOT / "requirements" / f"{name}.txt"
    folder = ROOT / ".venv" / f"{name}-{sha256(locked.read_bytes()).hexdigest()[:12]}"
    with (ROOT / ".venv" / "foreign.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([python, "-m", "venv", folder], check=True)
            words = (
                "install",
                "--quiet",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--requirement",
                locked,
            )
            pip = (folder / "bin/python", "-m", "pip", "--disable-pip-version-check")
            subprocess.run([*pip, *words], check=True, capture_output=True)
            (folder / "made").touch()
    return folder / "bin"


def _python() -> str | None:
    """Return a Python that is new enough and starts: pyenv has a stand-in for each version, chosen or not."""
    places = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin"))
    for name in _PYTHONS:
        for found in (shutil.which(name), *(shutil.which(str(place / name)) for place in places)):
            if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
                return found
    return None
