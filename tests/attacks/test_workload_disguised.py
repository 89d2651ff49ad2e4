"""A process of this machine that is no workload does not become one: by its user, its file, its number or its timing."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.app.attesting import attest, require_connected_to
from bartizan.app.listeners import listen_unix
from bartizan.identity.workload import Workload
from bartizan.isolation import peer as kernel
from bartizan.isolation.peer import Executable, Peer, PeerUnknown, peer_of

PYTHON = Path(sys.executable).resolve()
SLEEP = shutil.which("sleep") or "/bin/sleep"
UID, GID = os.geteuid(), os.getegid()
TALKS = """
import os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.set_inheritable(True)
sys.stdout.write("connected\\n"); sys.stdout.flush()
word = sys.stdin.readline().split()
if word[0] == "exec":
    os.execv(word[1], [word[1], "60"])
if word[0] == "fork" and os.fork() == 0:
    sys.stdout.write(f"{os.getpid()}\\n"); sys.stdout.flush()
    sys.stdin.readline()
"""


def digest(path: Path | str = PYTHON) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Caller:
    """A process that has connected, and what it does when it is told to."""

    def __init__(self, process: subprocess.Popen[str], connection: socket.socket) -> None:
        self.process, self.connection = process, connection

    def tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def runs(self) -> Path:
        return Path(f"/proc/{self.process.pid}/exe").readlink()

    def become(self, program: str) -> None:
        """Have it run another program, and return once it does."""
        self.tell(f"exec {program}")
        until = time.monotonic() + 60
        while self.runs() != Path(program).resolve():
            assert time.monotonic() < until
            time.sleep(0.005)


@contextmanager
def calling(folder: Path, *launch: str | Path) -> Iterator[Caller]:
    listener = listen_unix(folder / "w.sock")
    listener.setblocking(True)
    launch = launch or (PYTHON,)
    with (
        listener,
        subprocess.Popen(
            [*launch, "-I", "-c", TALKS, folder / "w.sock"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            listener.settimeout(60)
            connection, _ = listener.accept()
            with connection:
                caller = Caller(process, connection)
                assert caller.hear() == "connected"
                yield caller
        finally:
            process.kill()


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    with calling(tmp_path) as found:
        yield found


def refused(caller: Caller, *workloads: Workload) -> str:
    with pytest.raises(PeerUnknown) as caught:
        attest(caller.connection, now(), workloads)
    return caught.value.reason


def test_a_process_is_the_workloads_all_of_whose_selectors_hold(caller: Caller) -> None:
    bare = Workload("bare", UID)
    whole = Workload("whole", UID, GID, "/*", str(PYTHON), digest())
    path = Path("/proc/self/cgroup").read_text().rpartition("0::")[2].strip()
    whole = Workload("whole", UID, GID, path, str(PYTHON), digest())
    other = Workload("other", UID + 1)
    assert attest(caller.connection, now(), (bare, other, whole)) == (bare, whole)


@pytest.mark.parametrize(
    "wanted",
    [
        Workload("app", UID + 1, path=str(PYTHON), sha256=digest()),
        Workload("app", UID, GID + 1, path=str(PYTHON), sha256=digest()),
        Workload("app", UID, cgroup="/system.slice/app.service", sha256=digest()),
        Workload("app", UID, path=SLEEP),
        Workload("app", UID, path="/nowhere/python"),
        Workload("app", UID, path=str(PYTHON), sha256=digest(SLEEP)),
        Workload("app", UID, path=SLEEP, sha256=digest()),
    ],
    ids=["user", "group", "cgroup", "path", "no such path", "digest", "path of another"],
)
def test_one_selector_that_does_not_hold_is_enough(caller: Caller, wanted: Workload) -> None:
    assert refused(caller, wanted) == "no-workload"


def test_a_copy_of_a_workloads_file_is_not_the_file_of_its_path(tmp_path: Path) -> None:
    copy = tmp_path / "sleep"
    shutil.copy(SLEEP, copy)
    with calling(tmp_path) as caller:
        caller.become(str(copy))
        assert refused(caller, Workload("app", UID, path=SLEEP)) == "no-workload"
        same = Workload("app", UID, sha256=digest(SLEEP))
        assert attest(caller.connection, now(), (same,)) == (same,)


def test_who_runs_a_file_that_was_replaced_meanwhile_is_not_its_successor(tmp_path: Path) -> None:
    program = tmp_path / "app"
    shutil.copy(SLEEP, program)
    with calling(tmp_path) as caller:
        caller.become(str(program))
        new = tmp_path / "new"
        shutil.copy("/bin/cat", new)
        new.replace(program)
        assert refused(caller, Workload("app", UID, path=str(program))) == "no-workload"
        assert refused(caller, Workload("app", UID, sha256=digest(program))) == "no-workload"


def test_who_becomes_the_workload_while_it_is_looked_at_is_neither(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Peer.sha256

    def late(self: Peer, file: Executable) -> str:
        found = before(self, file)
        caller.become(SLEEP)
        return found

    monkeypatch.setattr(Peer, "sha256", late)
    assert refused(caller, Workload("app", UID, sha256=digest())) == "executable-changed"


def test_who_leaves_the_workloads_file_while_it_is_digested_is_not_it(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Peer.sha256

    def early(self: Peer, file: Executable) -> str:
        caller.become(SLEEP)
        return before(self, file)

    monkeypatch.setattr(Peer, "sha256", early)
    assert refused(caller, Workload("app", UID, sha256=digest(SLEEP))) == "executable-changed"


def test_a_child_that_kept_the_connection_of_a_workload_that_ended_is_nobody(caller: Caller) -> None:
    caller.tell("fork")
    child = int(caller.hear())
    caller.process.wait()
    try:
        assert refused(caller, Workload("app", UID)) == "gone"
    finally:
        os.kill(child, 9)


def test_on_an_older_kernel_a_process_younger_than_the_connection_is_another(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "SO_PEERPIDFD", 9999)
    app = Workload("app", UID)
    assert attest(caller.connection, now(), (app,)) == (app,)
    with pytest.raises(PeerUnknown, match="another"):
        attest(caller.connection, now() - 3600 * 10**9, (app,))
    caller.process.kill()
    caller.process.wait()
    assert refused(caller, app) == "gone"


def test_a_file_below_a_name_space_that_the_process_made_itself_is_not_believed(tmp_path: Path) -> None:
    unshare = ("unshare", "--user", "--map-root-user", "--mount")
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody make name spaces")
    with calling(tmp_path, *unshare, PYTHON) as caller:
        assert refused(caller, Workload("app", UID, sha256=digest())) == "executable-not-local"
        by_path = Workload("app", UID, path=SLEEP)
        assert refused(caller, by_path) == "no-workload"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no memory to run from")  # noqa: S108
def test_a_file_that_has_no_name_is_not_digested(tmp_path: Path) -> None:
    with calling(tmp_path) as caller:
        memory = os.memfd_create("sleep")
        try:
            os.write(memory, Path(SLEEP).read_bytes())
            caller.tell(f"exec /proc/{os.getpid()}/fd/{memory}")
            until = time.monotonic() + 60
            while "memfd" not in str(caller.runs()):
                assert time.monotonic() < until
                time.sleep(0.005)
            assert refused(caller, Workload("app", UID, sha256=digest(SLEEP))) == "executable-not-local"
        finally:
            os.close(memory)


def test_whoever_serves_workloads_cannot_pass_off_its_own_sockets_as_a_workloads(tmp_path: Path) -> None:
    listener = listen_unix(tmp_path / "w.sock")
    address = str(listener.getsockname())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plain, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    other = listen_unix(tmp_path / "other.sock")
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(tmp_path / "other.sock"))
    elsewhere, _ = other.accept()
    with listener, ours, theirs, plain, end, other, client, elsewhere:
        for each in (ours, plain, listener, other, client, elsewhere):
            with pytest.raises(PeerUnknown, match="not-a-connection"):
                require_connected_to(each, address)
        with pytest.raises(PeerUnknown, match="not-a-connection"):
            require_connected_to(plain, "")


@pytest.mark.skipif(UID != 0, reason="only root becomes another user")
def test_another_users_process_is_known_by_its_user_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    listener = listen_unix(tmp_path / "w.sock")
    (tmp_path / "w.sock").chmod(0o666)
    for folder in tmp_path.parents:
        if folder.owner() == "root" and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    listener.settimeout(60)
    script = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(tmp_path / 'w.sock')!r}); input()"
    )
    with (
        listener,
        subprocess.Popen(
            ["/usr/bin/python3", "-I", "-c", script],
            user=65534,
            group=65534,
            extra_groups=[],
            stdin=subprocess.PIPE,
        ) as process,
    ):
        try:
            connection, _ = listener.accept()
            with peer_of(connection, now()) as peer:
                assert (peer.uid, peer.gid) == (65534, 65534)
            with connection, pytest.raises(PeerUnknown, match="no-workload"):
                attest(connection, now(), (Workload("app", UID),))
        finally:
            process.kill()
