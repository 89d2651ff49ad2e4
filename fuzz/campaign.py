"""A campaign against one target: so many executions, what they reached, and what they broke.

What is new is kept between campaigns in `found/`, so that each goes on where the last one stopped.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from fuzz.target import CORPORA, FOUND, Target, kept, load

_STEP = re.compile(r"#(\d+)\s+(\w+) .*exec/s: (\d+)")
_HANG_S, _MOST_MB = 10, 2048


class Report(msgspec.Struct, frozen=True):
    """What a campaign came to.

    Attributes:
        executions: that were made.
        seconds: that they took.
        branches, reached: of the modules under test, and how many of them the inputs reach.
        inputs: that are interesting, so far.
        broken: files of inputs that broke a promise, hung or took too much memory.
        said: the last that the fuzzer printed, where something broke.
    """

    executions: int
    seconds: int
    branches: int
    reached: int
    inputs: int
    broken: tuple[Path, ...]
    said: str


def fuzz(name: str, executions: int, most: int, progress: Callable[[str], None]) -> Report:
    """Attack a target with so many inputs, or with as many as there is time for, and return what came of it.

    Args:
        name: of the target.
        executions: how many.
        most: seconds that it may take.
        progress: is told how far it is.
    """
    grown, broken = FOUND / name / "grown", FOUND / name / "broken"
    for folder in (grown, broken, CORPORA / name):
        folder.mkdir(parents=True, exist_ok=True)
    for label, seed in kept(name):
        if label.startswith("seed"):
            (grown / label.replace(" ", "-")).write_bytes(seed)
    # what breaks it now may have broken it before, under the same name; so each campaign has a folder of its own
    with tempfile.TemporaryDirectory(dir=FOUND / name) as fresh:
        made, seconds, said = _run(name, (executions, most), Path(fresh), progress)
        found = tuple(file.replace(broken / file.name) for file in sorted(Path(fresh).iterdir()))
    if said and not found:
        raise RuntimeError(f"the fuzzer failed:\n{said}")
    count = {"branches": 0, "reached": 0, "inputs": 0} if found else _measure(name)
    return Report(made, seconds, count["branches"], count["reached"], count["inputs"], found, said)


def keep(name: str) -> None:
    """Make the corpus of a target anew, out of all that was found."""
    _measure(name, "--keep")


def _run(
    name: str, most: tuple[int, int], broken: Path, progress: Callable[[str], None]
) -> tuple[int, int, str]:
    """Return the executions made, the seconds that they took and, where it failed, the last that the fuzzer said."""
    words = FOUND / name / "words"
    target = load(name)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    arguments = [
        str(FOUND / name / "grown"),
        str(CORPORA / name),
        f"-runs={most[0]}",
        f"-max_total_time={most[1]}",
    ]
    arguments += [
        f"-dict={words}",
        f"-max_len={target.longest}",
        f"-artifact_prefix={broken}/",
        f"-timeout={_HANG_S}",
    ]
    arguments += [f"-rss_limit_mb={_MOST_MB}", "-reload=0", "-len_control=20"]
    # what takes long is tried less often, not never: as many branches in half of the time
    arguments += ["-entropic_scale_per_exec_time=1"]
    made, seconds, last = 0, 0, list[str]()
    with subprocess.Popen(
        [sys.executable, "-m", "fuzz.fuzzing", name, ",".join(_around(target)), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            last = [*last[-40:], line]
            step, done = _STEP.match(line), re.match(r"Done (\d+) runs in (\d+) second", line)
            if step:
                made = int(step[1])
                progress(f"{made:,} executions, {int(step[3]):,}/s")
            if done:
                made, seconds = int(done[1]), int(done[2])
    return made, seconds, "".join(last) or "it said nothing" if child.returncode else ""


def _around(target: Target) -> list[str]:
    """Return what is loaded of the package besides the modules under attack."""
    loaded = [name for name in sys.modules if name.partition(".")[0] == "bartizan"]
    return [name for name in loaded if name not in target.modules]


def _measure(name: str, *options: str) -> dict[str, int]:
    command = [sys.executable, "-m", "fuzz.branches", name, str(FOUND / name / "grown"), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the branches could not be counted:\n{done.stderr}")
    count: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return count


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in word)
