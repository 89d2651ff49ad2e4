"""One platform holds a folder, and a command that stops it stops that one and no other process."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.app import running
from bartizan.app.folder import Folder, PlatformRunning


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.make()
    return made


@contextmanager
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that has nothing to do with it."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_who_holds_a_folder_is_known_while_it_does(folder: Folder) -> None:
    assert folder.holder() is None
    with folder.locked(platform=True):
        assert folder.holder() == os.getpid()
    assert folder.holder() is None


def test_a_process_that_got_the_number_of_a_dead_platform_is_not_stopped(folder: Folder) -> None:
    """As when a platform was killed, its number given again, and another one starts, or `reset` is asking."""
    with bystander() as other:
        (folder.run / "lock").write_text(f"{other.pid}\n")
        folder.status.write_text(f'{{"pid": {other.pid}}}')
        with folder.locked():
            assert folder.holder() is None
            assert running.stop(folder) is False
            assert running.status(folder) is None
        assert other.poll() is None


def test_the_number_of_a_process_that_only_opened_the_lock_is_not_believed(folder: Folder) -> None:
    with (folder.run / "lock").open("w") as opened:
        opened.write(f"{os.getpid()}\n")
        opened.flush()
        assert folder.holder() is None


def test_a_platform_that_has_not_begun_has_no_status(folder: Folder) -> None:
    with folder.locked(platform=True):
        assert running.status(folder) is None


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999999999999999999", "0"])
def test_a_lock_without_a_number_names_nobody(folder: Folder, number: str) -> None:
    (folder.run / "lock").write_text(number)
    assert folder.holder() is None


def test_a_second_one_is_refused(folder: Folder) -> None:
    with folder.locked(platform=True), pytest.raises(PlatformRunning), folder.locked():
        pytest.fail("two hold it")


def test_who_only_looks_does_not_keep_a_platform_from_starting(folder: Folder) -> None:
    looking = threading.Event()

    def look() -> None:
        with folder.locked():
            looking.set()
            threading.Event().wait(0.2)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait()
    with folder.locked(platform=True):
        assert folder.holder() == os.getpid()
    thread.join()


def test_a_lock_that_was_deleted_with_its_folder_is_no_lock(folder: Folder) -> None:
    """As when `reset` deletes the folder while a platform waits to start on it."""
    held, holders = threading.Event(), []

    def wait() -> None:
        held.wait()
        with folder.locked(platform=True):
            holders.append(folder.holder())

    thread = threading.Thread(target=wait)
    thread.start()
    with folder.locked():
        held.set()
        threading.Event().wait(0.12)
        shutil.rmtree(folder.root)
        folder.make()
    thread.join()
    assert holders == [os.getpid()]


def test_whether_another_users_platform_runs_is_not_known(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(PermissionError):
        folder.holder()
