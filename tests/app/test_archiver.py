"""The archiver: kept inside, killed at any moment, out of room: the copy is whole or the tree is asked."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.app.archiver import Archiver
from bartizan.app.channel import Channel, pair
from bartizan.clock import SECOND, SetClock
from bartizan.ledger import archive as archiving
from bartizan.ledger.aggregate import aggregate
from bartizan.ledger.archive import Archive
from bartizan.ledger.columns import pieces, pieces_folder
from bartizan.ledger.query import size
from tests.ledger.columned import SMALL, catch_up, small_pieces
from tests.ledger.ground import Ground, fill
from tests.ledger.test_archive import ASKED, covered, right

pytestmark = pytest.mark.sources

INSIDE = """
import ctypes, errno, os, socket, subprocess, sys
from bartizan.app.archiver import stay_inside
from bartizan.isolation.kernel import no_new_privileges
left, right = socket.socketpair()
no_new_privileges()
from pathlib import Path
state = Path(sys.argv[1])
(state / "ledger").mkdir()
(state / "key.pem").write_text("key")
stay_inside(state / "ledger")
import duckdb
assert duckdb.execute("SELECT 41 + 1").fetchall() == [(42,)]
left.send(b"x"); assert right.recv(1) == b"x"
def refused(act):
    try:
        act()
    except PermissionError:
        return True
    return False
libc = ctypes.CDLL(None, use_errno=True)
assert refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)), "TCP"
assert refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)), "UDP"
assert refused(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)), "unix"
assert refused(lambda: left.connect("/tmp/x")), "connect"
assert refused(lambda: left.bind("/tmp/x")), "bind"
assert refused(lambda: os.execv("/bin/true", ["true"])), "exec"
assert refused(lambda: (state / "key.pem").read_bytes()), "a key"
assert refused(lambda: (state / "ledger" / "tree.db").write_bytes(b"x")), "the tree"
assert refused(lambda: Path("/etc/passwd").read_bytes()), "a file of the machine"
(state / "ledger" / "columns" / "x").write_bytes(b"x")
(state / "ledger" / "columns" / "x").unlink()
assert libc.ptrace(0, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM, "ptrace"
assert libc.syscall(425, 8, ctypes.create_string_buffer(120)) == -1 and ctypes.get_errno() == errno.EPERM, "io_uring"
print("inside")
"""
KEEPING = """
import sys
from pathlib import Path
from bartizan.ledger import archive, column_pieces
archive.LEVELS = column_pieces.LEVELS = (8, 6, 4)
kept = archive.Archive(Path(sys.argv[1]))
print("keeps", flush=True)
while True:
    kept.turn()
"""


@pytest.fixture
def small() -> Iterator[None]:
    with small_pieces():
        yield


@pytest.fixture
def channel() -> Iterator[Channel]:
    ours, theirs = pair()
    with ours, theirs:
        yield Channel(ours)


def test_whoever_takes_it_over_reaches_nobody(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", INSIDE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout == "inside\n", done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_killed_at_any_moment_it_leaves_pieces_that_are_whole(tmp_path: Path) -> None:
    ground, chance = Ground(tmp_path), random.Random(7)  # noqa: S311 - moments, not secrets
    for kill in range(12):
        fill(ground, kill + 1, 60)
        command = [sys.executable, "-I", "-c", KEEPING, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"keeps\n"
            time.sleep(chance.random() / 3)
            process.send_signal(signal.SIGKILL)
        for piece in pieces(tmp_path):
            assert piece.holds((pieces_folder(tmp_path) / piece.name).read_bytes())
        right(tmp_path, aggregate(tmp_path, ASKED).source)
    catch_up(Archive(tmp_path))
    assert covered(tmp_path) == size(tmp_path) >> SMALL[-1] << SMALL[-1]
    right(tmp_path)


@pytest.mark.usefixtures("small")
def test_a_full_disk_is_said_once_and_got_over(
    tmp_path: Path, channel: Channel, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    archiver = Archiver(channel, Archive(tmp_path), SetClock(0))

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "write_whole", full)
        assert [archiver.turn() for _ in range(5)] == [10_000] * 5
    assert capfd.readouterr().err.count("No space left") == 1
    while archiver.turn() == 0:
        pass
    assert "kept up again" in capfd.readouterr().err
    right(tmp_path)


@pytest.mark.usefixtures("small")
def test_a_tree_that_cannot_be_read_is_said_and_waited_for(
    tmp_path: Path, channel: Channel, capfd: pytest.CaptureFixture[str]
) -> None:
    archiver = Archiver(channel, Archive(tmp_path), SetClock(0))
    assert archiver.turn() == 10_000
    assert "tree.db" in capfd.readouterr().err
    ground = Ground(tmp_path)
    fill(ground, 1, 100)
    while archiver.turn() == 0:
        pass
    right(tmp_path)


@pytest.mark.usefixtures("small")
def test_every_file_is_looked_at_again_once_an_hour(tmp_path: Path, channel: Channel) -> None:
    ground, clock = Ground(tmp_path), SetClock(0)
    fill(ground, 1, 100)
    archiver = Archiver(channel, Archive(tmp_path), clock)
    while archiver.turn() == 0:
        pass
    victim = next(iter(pieces_folder(tmp_path).iterdir()))
    good = victim.read_bytes()
    victim.write_bytes(good[:-1] + b"?")
    while archiver.turn() == 0:
        pass
    assert victim.read_bytes() != good
    clock.at += 3600 * SECOND
    while archiver.turn() == 0:
        pass
    assert victim.read_bytes() == good
