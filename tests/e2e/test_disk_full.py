"""A full disk: nothing is served that cannot be put on record, nothing is lost, and room is all that it takes to go on.

The state folder is a small file system of its own, which only root can make.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.bed.crowd import Load, configured, require_accounted
from tests.e2e import adjusted, conftest
from tests.e2e.conftest import COMMAND, Platform
from tests.e2e.test_processes import process, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small file system"),
]

INTRUDERS = [f"intruder-{number}" for number in range(4)]
SIZES = {"worker": 1 << 20, "control": 256 << 10, "supervisor": 64 << 10}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder on a disk of 32 MiB."""
    adjustments = {
        "bartizan__app__segments": {"SIZES": SIZES},
        "bartizan__ledger__installation": {"RESERVED": 4 << 20},
    }
    monkeypatch.setattr(conftest, "COMMAND", adjusted.command(**adjustments))
    with tempfile.TemporaryDirectory(prefix="bartizan-disk-") as folder:
        mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", folder]
        subprocess.run(mount, check=True)
        yield Path(folder)
        subprocess.run(["/usr/bin/umount", "--lazy", folder], check=True)


def fill(disk: Path, name: str = "ballast") -> Path:
    """Leave not one octet."""
    rest = disk / "state" / "run" / name
    with rest.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            pass
    return rest


def start(stack: ExitStack, disk: Path, configuration: str) -> Platform:
    (disk / "bartizan.toml").write_text(configuration)
    running = Platform(disk / "state", 0, disk, {})
    stack.callback(running.run, "down")
    answer = running.run("up", "--detach", "--no-drill", "--port", "0")
    assert answer.returncode == 0, answer.stderr
    return Platform(disk / "state", int(running.status()["listen"].rpartition(":")[2]), disk, {})


def test_it_goes_on_with_what_is_reserved_then_refuses_then_goes_on(small: Path) -> None:
    with configured() as configuration, ExitStack() as stack:
        running = start(stack, small, configuration)
        token = running.token()
        with Load(running.port, [token], clients=2) as load:
            until(lambda: len(load.answered) > 50)
            ballast = fill(small)
            until(lambda: load.statuses[503] or load.refused or load.failed)
            answered = len(load.answered)
            time.sleep(1)
            assert len(load.answered) - answered < 2000  # what is left of a segment, and no more
            ballast.unlink()
            answered = len(load.answered)
            until(lambda: len(load.answered) > answered + 50)
        assert running.run("down").returncode == 0
        require_accounted(running.state, load.answered)
        assert running.run("ledger", "verify").returncode == 0


def test_the_owner_can_revoke_and_the_sealer_seals_with_not_one_octet_left(small: Path) -> None:
    with configured() as configuration, ExitStack() as stack:
        running = start(stack, small, configuration)
        for name in INTRUDERS:
            assert running.run("identity", "add", name).returncode == 0
        reserves = (running.state / "store.reserve", running.state / "ledger" / "reserve")
        until(lambda: all(path.is_file() for path in reserves))
        with Load(running.port, [running.token()], clients=2) as load:
            until(lambda: len(load.answered) > 50)
            fill(small)
            until(lambda: not reserves[1].exists())  # the sealer has taken its own
            until(lambda: load.statuses[503] or load.refused or load.failed)
            revoke(running, INTRUDERS[0])
            until(lambda: revoked(running) == 1)
        assert running.run("ledger", "verify").returncode == 0
        fill(small, "rest")  # what the sealer has left of its own, too
        for name in INTRUDERS[1:]:
            revoke(running, name)
        assert not reserves[0].exists()  # the last at least found nothing else
        for name in ("ballast", "rest"):
            (running.state / "run" / name).unlink()
        until(lambda: revoked(running) == len(INTRUDERS))
        assert running.run("down").returncode == 0
        require_accounted(running.state, load.answered)


def revoke(running: Platform, name: str) -> None:
    answer = running.run("identity", "revoke", f"workload.{name}")
    assert answer.returncode == 0, answer.stderr


def revoked(running: Platform) -> int:
    """Return how many revocations are in the tree; a sealer that comes back meanwhile is waited for."""
    answer = running.run("ledger", "query", "--json", "--kind", "access.principal.revoked")
    return len(json.loads(answer.stdout)) if answer.returncode == 0 else 0


def test_what_dies_meanwhile_comes_back_when_there_is_room(small: Path) -> None:
    with configured() as configuration, ExitStack() as stack:
        running = start(stack, small, configuration)
        ballast = fill(small)
        told = running.status()["processes"]
        for one in told:
            os.kill(one["pid"], signal.SIGKILL)
        time.sleep(2)
        assert Path(f"/proc/{running.status()['pid']}").exists()
        ballast.unlink()
        process(running, "worker", "serving")
        process(running, "control", "ready")
        until(lambda: not {p["pid"] for p in told} & {p["pid"] for p in running.status()["processes"]})
        assert running.token()
        assert running.run("ledger", "verify").returncode == 0


def test_one_that_is_too_small_to_begin_with_is_said_with_the_folder_and_what_it_takes(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "COMMAND", COMMAND)
    answer = Platform(small / "state", 0, small, {}).run("up", "--detach", "--no-drill", "--port", "0")
    assert answer.returncode == 3
    assert (
        f"the disk is full: 32 MiB more are needed in {small}/state/ledger/segments, 69 MiB for a start; "
        in answer.stderr
    )
