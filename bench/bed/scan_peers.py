"""Scanners of model files over the same files: each in an environment and a process of its own, asked for one file after another.

Rules of this file: nobody is asked for what a file is worth more than `PATIENCE_S`; who does not answer, or dies, has not read the file
and goes on with the next one in a new process.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from bench.bed import scan_peer
from bench.bed.environments import NotInstalled, environment
from bench.bed.processes import PeerFailed
from bench.bed.scan_peer import CLEAN, PEERS, TOLD, UNREAD

OURS: Final = "bartizan"
PATIENCE_S: Final = 120
_DUMB: Final = 3
"""Processes in a row that end without any answer: then it does not run here."""
_QUIET: Final = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "NO_ANALYTICS": "1",
    "DO_NOT_TRACK": "1",
    "MODELAUDIT_CACHE_ENABLED": "false",
    "OMP_NUM_THREADS": "1",
}


class Verdict(msgspec.Struct, frozen=True):
    """What somebody makes of a file.

    Attributes:
        verdict: `clean`, `told` or `unread`.
        why: in the words of whoever says so.
        ms: processor time.
    """

    verdict: str
    why: str = ""
    ms: float = 0.0


class Answers(msgspec.Struct, frozen=True):
    """What a scanner made of files, in their order.

    Attributes:
        peer: its name.
        verdicts: one for each file; none where it did not run.
        cpu: seconds of its processes, start-up included.
        peak_mib: most memory of one of them; 0 where none came to its end.
        fault: why it did not run.
    """

    peer: str
    verdicts: tuple[Verdict, ...] = ()
    cpu: float = 0.0
    peak_mib: float = 0.0
    fault: str = ""


def answers(name: str, paths: Sequence[Path]) -> Answers:
    """Return what a scanner makes of files.

    Args:
        name: one of `PEERS`; `OURS` runs in this environment.
        paths: absolute.
    """
    try:
        python = Path(sys.executable) if name == OURS else environment(f"scan-{name}")
    except NotInstalled as fault:
        return Answers(name, fault=str(fault))
    return asked([str(python)], name, paths)


def asked(python: Sequence[str], name: str, paths: Sequence[Path], patience_s: float = PATIENCE_S) -> Answers:
    """Return what a scanner makes of files, each within some seconds.

    Args:
        python: the command of its interpreter.
        name: one of `PEERS`.
        paths: absolute.
        patience_s: seconds for one file.
    """
    verdicts: list[Verdict] = []
    cpu, peak, dumb = 0.0, 0.0, 0
    while len(verdicts) < len(paths):
        if dumb == _DUMB:
            return Answers(name, fault=f"{_DUMB} processes in a row ended without an answer")
        with _Asked([*python, "-I", scan_peer.__file__, name], patience_s) as process:
            before = len(verdicts)
            verdicts.extend(process.verdicts(paths[before:]))
        cpu, peak = cpu + process.cpu, max(peak, process.peak_mib)
        dumb = 0 if process.answers else dumb + 1
    return Answers(name, tuple(verdicts), cpu, peak)


class _Asked:
    """One process of a scanner.

    Attributes:
        cpu: seconds that it took, once it has ended.
        peak_mib: most memory, where it came to its end.
        answers: that it gave.
    """

    def __init__(self, command: Sequence[str], patience_s: float) -> None:
        self._command, self._patience_s = command, patience_s
        self.cpu = self.peak_mib = 0.0
        self.answers = 0

    def __enter__(self) -> Self:
        self._home = tempfile.TemporaryDirectory(prefix="bartizan-bench-")
        quiet = {"HOME": self._home.name, "PATH": os.environ["PATH"], **_QUIET}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise PeerFailed("it has no pipes")
        self._in, self._out = self._process.stdin, self._process.stdout
        self._kept = b""
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._in.close()
        last = self._line(self._patience_s)
        self.peak_mib = msgspec.json.decode(last, type=dict[str, float])["peak_mib"] if last else 0.0
        os.kill(self._process.pid, signal.SIGKILL)  # it is not waited for yet, so the number is still its own
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._out.close()
        self.cpu = used.ru_utime + used.ru_stime
        self._home.cleanup()

    def verdicts(self, paths: Sequence[Path]) -> Iterator[Verdict]:
        """Yield a verdict for each file until one is not answered, that one included."""
        for path in paths:
            try:
                os.write(self._in.fileno(), os.fsencode(path) + b"\n")
            except BrokenPipeError:
                yield Verdict(UNREAD, "it ended")
                return
            line = self._line(self._patience_s)
            if not line:
                os.kill(self._process.pid, signal.SIGKILL)
                yield Verdict(UNREAD, f"no answer within {self._patience_s} s, or it ended")
                return
            self.answers += 1
            yield msgspec.json.decode(line, type=Verdict)

    def _line(self, seconds: float) -> bytes:
        """Return the next line, none where there is none in time."""
        out = self._out.fileno()
        while b"\n" not in self._kept:
            if not select.select([out], [], [], seconds)[0]:
                return b""
            piece = os.read(out, 1 << 16)
            if not piece:
                return b""
            self._kept += piece
        line, _, self._kept = self._kept.partition(b"\n")
        return line


__all__ = ["CLEAN", "OURS", "PATIENCE_S", "PEERS", "TOLD", "UNREAD", "Answers", "Verdict", "answers", "asked"]
