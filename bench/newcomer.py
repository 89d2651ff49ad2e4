"""What a newcomer waits for: `python -m bench.newcomer`. A cold clone with an empty home, then everything warm.

Clones this repository's HEAD, gives `make` a home without caches, and times: `make up` until the first
protected answer, the same once installed, `make drill` and the drill alone, `bartizan --help`, and the gate
without tests. The
network's speed is in the first figure. Takes some two minutes, and port 8443 must be free.
"""

import argparse
import contextlib
import json
import os
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bartizan import __version__
from bench.bed.report import machine, record, table

ROOT = Path(__file__).parents[1]
_CHAT = json.dumps({"model": "sample", "messages": [{"role": "user", "content": "hi"}]}).encode()
_MOST_S = 300


class NotUp(RuntimeError):
    """A step did not do what it should; what it printed is in the message."""


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0, or 3 where a step failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.newcomer", description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="append the result to bench/RESULTS.md")
    arguments = parser.parse_args(words)
    try:
        with tempfile.TemporaryDirectory(prefix="bartizan-newcomer-") as folder:
            seen = _measure(Path(folder))
    except (NotUp, subprocess.TimeoutExpired) as fault:
        print(fault, file=sys.stderr)
        return 3
    rows = [
        [what, f"<= {goal:g} s", f"{found:.2f} s", "met" if found <= goal else "not met"]
        for what, goal, found in seen
    ]
    body = table(["newcomer", "wanted", "seen", ""], rows)
    print(body, machine(), sep="\n")
    if arguments.record:
        record("Newcomer", {"Bartizan": __version__}, body)
    return 0


def _measure(folder: Path) -> list[tuple[str, float, float]]:
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    environment = _environment(home)
    _run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(clone)], folder, os.environ)
    seen = [("make up, cold caches, to the first protected answer", 60.0, _up(clone, environment))]
    seen.append(("make up, installed, to the first protected answer", 3.0, _up(clone, environment)))
    seen.append(("make drill, installed", 90.0, _timed(["make", "drill"], clone, environment)))
    bartizan = str(clone / ".venv" / "bin" / "bartizan")
    seen.append(("the drill itself, every attack", 15.0, _drilled(bartizan, clone, environment)))
    spans = [_timed([bartizan, "--help"], clone, environment) for _ in range(10)]
    seen.append(("bartizan --help, median of 10", 0.25, statistics.median(spans)))
    _timed(["make", "install"], clone, environment)
    seen.append(("make check, first in a clone", 15.0, _timed(["make", "check"], clone, environment)))
    seen.append(("make check, again", 15.0, _timed(["make", "check"], clone, environment)))
    return seen


def _environment(home: Path) -> dict[str, str]:
    """Return this environment with an empty home: no cache, no settings of this user's, no virtual environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "VIRTUAL_ENV"))}
    own = str(Path(sys.prefix) / "bin")
    path = os.pathsep.join(part for part in kept.get("PATH", "").split(os.pathsep) if part != own)
    caches = {"PIP_CACHE_DIR": str(home / "pip"), "UV_CACHE_DIR": str(home / "uv")}
    return {**kept, "HOME": str(home), "PATH": path, **caches}


def _drilled(bartizan: str, clone: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds that a drill says it took."""
    told = _run([bartizan, "up", "--once", "--json"], clone, environment)
    return float(json.loads(told)["drill"]["seconds"])


def _timed(command: Sequence[str], clone: Path, environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    _run(command, clone, environment)
    return time.perf_counter() - start


def _run(command: Sequence[str], clone: Path, environment: Mapping[str, str]) -> str:
    """Run a command to its end and return what it printed. Raises `NotUp`."""
    told = subprocess.run(
        command,
        cwd=clone,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_MOST_S,
        check=False,
    )
    if told.returncode:
        raise NotUp(
            f"{' '.join(command)} ended with {told.returncode}:\n{told.stdout[-3000:]}{told.stderr[-3000:]}"
        )
    return told.stdout


def _up(clone: Path, environment: Mapping[str, str]) -> float:
    """Return the seconds from `make up` to the first answer of the sample through every check."""
    start = time.perf_counter()
    with _make_up(clone, environment) as process:
        while not _answers(clone):
            if process.poll() is not None or time.perf_counter() - start > _MOST_S:
                raise NotUp(f"make up does not answer:\n{(clone.parent / 'up.log').read_text()[-3000:]}")
            time.sleep(0.02)
        return time.perf_counter() - start


@contextlib.contextmanager
def _make_up(clone: Path, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with (clone.parent / "up.log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "up"], cwd=clone, env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended, which its last words explain
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _answers(clone: Path) -> bool:
    """Return whether a chat is answered with the owner's token, as the transcript tells people to send it."""
    state = clone / ".bartizan"
    if not (state / "run" / "status.json").exists() or not (state / "run" / "owner.sock").exists():
        return False
    url = json.loads((state / "run" / "status.json").read_text())["url"]
    told = subprocess.run(
        [clone / ".venv" / "bin" / "bartizan", "token"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        return False
    headers = {"Authorization": f"Bearer {told.stdout.strip()}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", _CHAT, headers)
    context = ssl.create_default_context(cafile=str(state / "ca.pem"))
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
