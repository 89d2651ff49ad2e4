"""Processes under test: started with a log, waited for, and what they cost by the kernel's books."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
STARTS_S = 90
"""Seconds in which a peer must answer after its start; LiteLLM needs some twenty."""


class PeerFailed(RuntimeError):
    """A system under test did not start, or did not last; the message says what was seen."""


@contextmanager
def running(
    command: Sequence[str], log: Path, port: int, environment: dict[str, str] | None = None
) -> Iterator[int]:
    """Run a command until the block ends; yields its process id once its port answers."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command,
            stdout=told,
            stderr=told,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    last = log.read_text(errors="replace")[-2000:]
    raise PeerFailed(f"{process.args!r} does not answer on port {port}; its last words:\n{last}")


def free_port() -> int:
    """Return a port of this machine that nobody has now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def tree(root: int) -> list[int]:
    """Return a process and all that stem from it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # gone meanwhile
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_us(pids: Iterable[int]) -> int:
    """Return the processor time that processes have used, user and system, microseconds (ticks of 10 ms)."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError as fault:
            raise PeerFailed(f"process {pid} ended under load") from fault
        total += int(fields[11]) + int(fields[12])
    return total * _TICK_US


def cpu_ns(pids: Iterable[int]) -> int:
    """Return the processor time that all threads of processes have used, by the scheduler's books, nanoseconds.

    A thread that ended is not counted any more: have none end between two questions.
    """
    total = 0
    for pid in pids:
        try:
            total += sum(
                int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")
            )
        except (FileNotFoundError, ProcessLookupError) as fault:
            raise PeerFailed(f"process {pid} ended under load") from fault
    return total


def pss_mb(pids: Iterable[int]) -> float:
    """Return the proportional set size of processes in sum, MB."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1000
