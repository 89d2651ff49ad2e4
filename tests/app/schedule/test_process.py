"""A run is a process of its own: waited for without holding anybody up, bounded, and ended with what it started."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.app.schedule import child, process
from bartizan.app.schedule.process import Ending, carry_out
from bartizan.app.schedule.runs import RUNS, Run, Status
from bartizan.app.supervisor import LAUNCH
from bartizan.ledger.event import Outcome

AUDIT = RUNS["audit"]


def launch(text: str) -> tuple[str, ...]:
    """Return how a process is started that does this instead of the run."""
    return sys.executable, "-I", "-c", text


def carried_out(text: str, run: Run = AUDIT, folder: Path = Path("/nowhere")) -> Ending:
    return asyncio.run(carry_out(launch(text), run, Folder(folder)))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.CLEAN, Outcome.DONE),
        (Status.FOUND, Outcome.FOUND),
        (1, Outcome.FAILED),  # an interpreter that does not start ends so
        (2, Outcome.FAILED),
        (3, Outcome.FAILED),
        (130, Outcome.FAILED),
    ],
)
def test_only_the_words_of_a_run_say_that_it_was_carried_out(status: int, outcome: Outcome) -> None:
    found = carried_out(f"import sys; sys.exit({int(status)})")
    assert found.outcome is outcome
    assert (found.reason, found.status) == (("status" if outcome is Outcome.FAILED else ""), status)


def test_a_run_that_a_signal_ends_has_failed() -> None:
    found = carried_out("import os; os.kill(os.getpid(), 9)")
    assert (found.outcome, found.reason, found.status) == (Outcome.FAILED, "signal", 137)


def test_a_run_that_cannot_be_started_has_failed() -> None:
    found = asyncio.run(carry_out(("/nowhere/python",), AUDIT, Folder(Path("/nowhere"))))
    assert (found.outcome, found.reason) == (Outcome.FAILED, "unstartable")


def test_of_what_a_run_prints_a_few_last_words_are_kept_and_it_never_waits() -> None:
    text = "import sys; sys.stderr.write('x' * 10_000_000 + '\\nno ledger here\\n'); sys.exit(3)"
    found = carried_out(text)
    assert found.words == "no ledger here"
    longest = carried_out("import sys; sys.stderr.write('x' * 1_000_000); sys.exit(3)")
    assert len(longest.words) <= process.KEPT


HANGS = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({place!r} + ".new", "w").write(f"{{os.getpid()}} {{started.pid}}")
os.rename({place!r} + ".new", {place!r})
time.sleep(600)
"""


async def appears(place: Path) -> None:
    """Return once a file is there with something in it."""
    while not there(place):  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.01)


def there(place: Path) -> bool:
    return place.exists() and place.read_text() != ""


def pids(place: Path) -> list[int]:
    return [int(word) for word in place.read_text().split()]


def gone(pid: int) -> bool:
    """Return whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except FileNotFoundError:
        return True


def until_gone(numbers: list[int]) -> None:
    for _ in range(6000):
        if all(map(gone, numbers)):
            return
        time.sleep(0.01)
    pytest.fail("a process that was to be ended lives on")


@pytest.mark.slow
@pytest.mark.parametrize("stopped", [False, True])
def test_a_run_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stopped: bool
) -> None:
    monkeypatch.setattr(process, "TERM_SECONDS", 0.1)
    place = tmp_path / "pids"

    async def story() -> Ending:
        hanging = await started(HANGS.format(place=str(place)))
        if stopped:
            hanging.send_signal(signal.SIGSTOP)
        return await process._ending(hanging, 0.0)

    async def started(text: str) -> asyncio.subprocess.Process:
        made = await asyncio.create_subprocess_exec(
            *launch(text), stderr=asyncio.subprocess.PIPE, start_new_session=True
        )
        await appears(place)
        return made

    found = asyncio.run(story())
    assert (found.outcome, found.reason) == (Outcome.FAILED, "overstayed")
    until_gone(pids(place))


def test_a_run_that_is_cancelled_is_ended_first(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    text = f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    async def story() -> None:
        task = asyncio.create_task(carry_out(launch(text), AUDIT, Folder(tmp_path)))
        await appears(place)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(story())
    until_gone(pids(place))


def test_the_loop_goes_on_while_a_run_is_under_way(tmp_path: Path) -> None:
    """The run ends well only if the loop that waits for it does something meanwhile."""
    began, go = tmp_path / "began", tmp_path / "go"
    text = (
        f"import os, sys, time; open({str(began)!r}, 'w').write('x')\n"
        "for _ in range(6000):\n"
        f"    os.path.exists({str(go)!r}) and sys.exit(0)\n"
        "    time.sleep(0.01)\n"
        "sys.exit(3)\n"
    )

    async def story() -> Ending:
        task = asyncio.create_task(carry_out(launch(text), AUDIT, Folder(tmp_path)))
        await appears(began)
        assert not task.done()
        lay(go)
        return await task

    assert asyncio.run(story()).outcome is Outcome.DONE


def lay(place: Path) -> None:
    place.touch()


@pytest.mark.slow
def test_a_run_of_ours_has_nothing_of_who_started_it(tmp_path: Path) -> None:
    """The real main, with a launch that reports what it was given before it goes on."""
    told = tmp_path / "told"
    text = (
        "import os, sys, json; "
        f"json.dump([sys.argv, dict(os.environ), os.getcwd(), sorted(map(int, os.listdir('/proc/self/fd')))], open({str(told)!r}, 'w'))"
    )
    held = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        carried_out(text, folder=tmp_path)
    finally:
        os.close(held)
    words, environment, folder, descriptors = json.loads(told.read_text())
    assert words == ["-c", process.CHILD, "audit", str(tmp_path), str(os.getpid())]
    assert set(environment) <= {"LC_CTYPE"}  # the interpreter's own
    assert folder == "/"
    assert held not in descriptors


@pytest.mark.slow
def test_the_audit_of_a_folder_without_a_ledger_has_failed_and_says_why(tmp_path: Path) -> None:
    found = asyncio.run(carry_out(LAUNCH, AUDIT, Folder(tmp_path)))
    assert (found.outcome, found.reason, found.status) == (Outcome.FAILED, "status", child.UNEVALUATED)
    assert "there is no ledger" in found.words


@pytest.mark.slow
def test_a_run_whose_parent_is_gone_does_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*LAUNCH, process.CHILD, "audit", str(tmp_path), "1"],
        check=False,
        capture_output=True,
        env={},
        cwd="/",
    )
    assert done.returncode == child.INTERRUPTED


@pytest.mark.slow
def test_a_run_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    """Control is killed in the middle of a run: nothing goes on unseen."""
    place = tmp_path / "pids"
    waiting = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bartizan.app.folder import Folder\n"
        "from bartizan.app.schedule.process import carry_out\n"
        "from bartizan.app.schedule.runs import RUNS\n"
        f"text = {LINGERS.format(place=str(place))!r}\n"
        "asyncio.run(carry_out((sys.executable, '-I', '-c', text), RUNS['audit'], Folder(Path('/nowhere'))))\n"
    )
    parent = subprocess.Popen(launch(waiting))
    try:
        while not place.exists():
            time.sleep(0.01)
            assert parent.poll() is None
        os.kill(parent.pid, signal.SIGKILL)
        until_gone(pids(place))
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        parent.wait()


LINGERS = """
import os, time
from bartizan.app.schedule import child, runs
def linger(folder):
    open({place!r} + ".new", "w").write(str(os.getpid()))
    os.rename({place!r} + ".new", {place!r})
    time.sleep(600)
child._carried_out = lambda run, folder: linger(folder)
import sys
child.main(sys.argv[2:])
"""
