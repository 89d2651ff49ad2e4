"""Ctrl-C at any moment: no traceback, and what was started or laid down is put away, however often it is pressed."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import pytest
from typing_extensions import override

from bartizan.app.folder import Folder
from bartizan.cli import interruption
from bartizan.cli.interruption import interruptible
from tests.e2e.test_processes import until

PATIENCE_S = 240
COMMAND = str(Path(sys.executable).with_name("bartizan"))
WHILE_IMPORTING = """
import os, signal, sys
from bartizan.__main__ import main
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
sys.argv = ["bartizan", "status"]
sys.exit(main())
"""

LOCKED = """
import importlib._bootstrap, os, signal, sys, threading
from bartizan.cli.interruption import interruptible

class Presses:
    pressed = False

    def __getattr__(self, name):
        return getattr(imp, name)

    def acquire_lock(self):
        imp.acquire_lock()
        if not self.pressed and sys._getframe(1).f_code.co_name == "cb":
            self.pressed = True
            os.kill(os.getpid(), signal.SIGINT)

imp, importlib._bootstrap._imp = importlib._bootstrap._imp, Presses()
try:
    with interruptible():
        import colorsys
        assert importlib._bootstrap._imp.pressed
        threading.Event().wait(60)
except KeyboardInterrupt:
    other = threading.Thread(target=__import__, args=("wave",), daemon=True)
    other.start()
    other.join(60)
    print("alive" if other.is_alive() else "ended")
"""
"""Is told to stop when a callback of an import has just taken the lock that all imports need."""
LOST = """
import os, signal, sys, threading
from bartizan.cli.interruption import interruptible

class Presses:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        list(map(str, range(10)))

try:
    with interruptible():
        Presses()
        threading.Event().wait(60)
        print("not interrupted")
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as name:
        yield Path(name)
        subprocess.run([COMMAND, "down"], cwd=name, capture_output=True, check=True)  # however the test went


@pytest.mark.parametrize(
    ("module", "code"), [("bartizan.cli.main", -signal.SIGINT), ("bartizan.cli.status", 130)]
)
def test_while_modules_are_imported_nothing_is_said(module: str, code: int, folder: Path) -> None:
    script = WHILE_IMPORTING.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_who_has_us_ignore_it_is_not_overruled(folder: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    script = ignoring + WHILE_IMPORTING.format(module="bartizan.cli.main")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode not in (130, -signal.SIGINT)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("script", "said"), [(LOCKED, "ended"), (LOST, "interrupted")])
def test_it_is_not_lost_and_leaves_no_lock_behind(script: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (done.stdout.strip(), done.stderr) == (said, "")


def test_who_starts_a_thread_is_not_interrupted_and_who_waits_for_one_is() -> None:
    seen: list[bool] = []

    def look(_number: int, frame: FrameType | None) -> None:
        seen.append(interruption.delicate(frame))

    main, begun, waited = threading.get_ident(), threading.Event(), threading.Event()

    def press() -> None:
        begun.wait()
        while sys._current_frames()[main].f_code.co_name != "wait":
            time.sleep(0.001)
        signal.pthread_kill(main, signal.SIGUSR1)
        waited.set()

    before = signal.signal(signal.SIGUSR1, look)
    try:
        presses = threading.Thread(target=press)
        presses.start()
        begun.set()
        waited.wait()
        presses.join()
        thread = threading.Thread(target=int)
        thread._started = Pressed()  # type: ignore[attr-defined]  # what `start` waits for
        thread.start()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [False, True]


class Pressed(threading.Event):
    @override
    def wait(self, timeout: float | None = None) -> bool:
        signal.raise_signal(signal.SIGUSR1)
        return super().wait(timeout)


def test_only_the_first_interrupts(capfd: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in interruption._NUMBERS]
    put_away = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        work(put_away)
    assert put_away.is_set()
    assert capfd.readouterr().err.count("ending in order") == 3
    assert [signal.getsignal(number) for number in interruption._NUMBERS] == before


def work(put_away: threading.Event) -> None:
    """Be told to stop, and told again while putting away."""
    with interruptible():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            for number in interruption._NUMBERS:
                os.kill(os.getpid(), number)
                time.sleep(0)
            put_away.set()


@pytest.mark.slow
@pytest.mark.parametrize("ends", [False, True], ids=["in its midst", "at its end"])
@pytest.mark.parametrize("words", [("up",), ("up", "--once"), ("drill",)])
def test_twice_during_a_drill_leaves_nothing(folder: Path, words: tuple[str, ...], ends: bool) -> None:  # noqa: FBT001
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}

    def typed(*more: str) -> None:
        subprocess.run([COMMAND, *more], check=True, capture_output=True, cwd=folder, env=environment)

    if words == ("drill",):
        typed("up", "--detach", "--no-drill", "--port", "0")
    port = ("--port", "0") if words != ("drill",) else ()
    command, pipe = [COMMAND, *words, *port], subprocess.PIPE
    with subprocess.Popen(command, stderr=pipe, text=True, cwd=folder, env=environment) as started:
        try:
            twin = partial(any_of, temporary, "bartizan-twin-*/state/run/owner.sock")
            until(twin, PATIENCE_S)
            if ends:  # the drill has ended, and puts its twins away
                until(lambda: not twin(), PATIENCE_S)
            started.send_signal(signal.SIGINT)
            presses = threading.Timer(0.05, started.send_signal, [signal.SIGINT])
            presses.start()
            _, said = started.communicate(timeout=PATIENCE_S)
            presses.join()
        finally:
            started.kill()
    # at its end it may have been just about to end by itself
    assert started.returncode in ((130, 0, -signal.SIGINT) if ends else (130,))
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    if words == ("drill",):
        typed("down")
    states = [path.parent.parent for path in folder.rglob("run/lock")]
    assert [Folder(state).holder() for state in states] == [None]


def any_of(folder: Path, pattern: str) -> bool:
    return any(folder.glob(pattern))
