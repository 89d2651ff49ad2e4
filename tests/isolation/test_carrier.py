"""What a carrier gives up: it keeps what it needs, and nothing that whoever takes it over would want."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from bartizan.isolation import carrier, kernel
from bartizan.isolation.bpf import ALLOW, program, refuse
from bartizan.isolation.carrier import Reach, leave_files, towards
from bartizan.isolation.confinement import IsolationUnavailable
from bartizan.isolation.syscalls import MACHINE, NUMBERS
from tests.isolation.test_bpf import run

OWN = 4242
EPERM = refuse(errno.EPERM)
TCP, UDP, UNIX, NETLINK, MPTCP = 1, 2, 1, 16, 262
ALONE = Reach("carrier")
WEB = towards(ALONE, [("127.0.0.1", 443)])
NAMED = towards(ALONE, [("siem.example", 443)])
DATAGRAMS = Reach("carrier", datagrams=True)
KEEPS = Reach("carrier", keeps=(Path("/"),))


def verdict(reach: Reach, call: str, *arguments: int) -> int:
    """Return what the filter of a carrier says of a call."""
    number = NUMBERS[call]
    assert number is not None
    code = program(carrier.rules(reach, OWN), EPERM)
    return run(code, MACHINE, number, (*arguments, *[0] * (6 - len(arguments))))


@pytest.mark.parametrize(
    ("reach", "call", "arguments"),
    [
        (WEB, "socket", (2, TCP | 0o2000000, 0)),
        (WEB, "socket", (10, TCP, 6)),
        (NAMED, "socket", (2, UDP | 0o2004000, 0)),
        (NAMED, "sendmmsg", (5, 0, 2, 0x4000)),
        (DATAGRAMS, "socket", (10, UDP, 17)),
        (WEB, "sendto", (5, 0, 10, 0x4000, 0, 0)),
        (KEEPS, "renameat", ()),
        (ALONE, "openat", ()),
        (ALONE, "mmap", (0, 4096, 3, 0x22)),
        (ALONE, "mmap", (0, 4096, 5, 0x802)),
        (ALONE, "clone", (0x3D0F00,)),
        (ALONE, "tgkill", (OWN, OWN, 6)),
        (ALONE, "fcntl", (5, 6)),
    ],
)
def test_what_its_reach_takes_is_there(reach: Reach, call: str, arguments: tuple[int, ...]) -> None:
    assert verdict(reach, call, *arguments) == ALLOW


@pytest.mark.parametrize("reach", [ALONE, WEB, NAMED, DATAGRAMS, KEEPS])
@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("socket", (UNIX, TCP, 0)),
        ("socket", (UNIX, UDP, 0)),
        ("socket", (NETLINK, 3, 0)),
        ("socket", (2, 3, 1)),
        ("socket", (2, TCP, MPTCP)),
        ("socketpair", (UNIX, 2, 0)),
        ("bind", (5, 0, 16)),
        ("listen", (5, 1)),
        ("accept4", (5, 0, 0, 0)),
        ("sendmsg", (5, 0, 0)),
        ("sendto", (5, 0, 10, 0x20000000, 0, 0)),
        ("sendto", (5, 0, 10, 0, 1, 16)),
        ("execve", ()),
        ("execveat", ()),
        ("ptrace", (16, 1, 0, 0)),
        ("io_uring_setup", (8, 1)),
        ("clone", (0x11,)),
        ("clone", (0x3D0F00 | 0x10000000,)),
        ("tgkill", (1, 1, 9)),
        ("prctl", (4, 1)),
        ("fcntl", (5, 8)),
        ("mmap", (0, 4096, 7, 0x22)),
        ("mprotect", (0, 4096, 5)),
        ("prlimit64", (1, 7, 1, 0)),
    ],
)
def test_what_no_carrier_takes_is_not(reach: Reach, call: str, arguments: tuple[int, ...]) -> None:
    assert verdict(reach, call, *arguments) == EPERM


@pytest.mark.parametrize(
    ("reach", "call", "arguments"),
    [
        (ALONE, "socket", (2, TCP, 0)),
        (WEB, "socket", (2, UDP, 0)),
        (WEB, "sendmmsg", (5, 0, 2, 0)),
        (NAMED, "sendmmsg", (5, 0, 2, 0x20000000)),
        (WEB, "unlink", ()),
        (WEB, "renameat2", ()),
        (WEB, "mkdirat", ()),
    ],
)
def test_what_its_own_reach_does_not_take_is_not(reach: Reach, call: str, arguments: tuple[int, ...]) -> None:
    assert verdict(reach, call, *arguments) == EPERM


def test_addresses_take_no_names_and_a_name_takes_them() -> None:
    assert towards(ALONE, [("127.0.0.1", 1), ("::1", 2), ("[::1]", 2)]) == Reach("carrier", ports=(1, 2))
    assert towards(WEB, [("siem.example", 7)]) == Reach("carrier", ports=(7, 443), names=True)


@pytest.mark.parametrize(("version", "ports"), [(1, 0), (2, 0), (3, 0), (4, 1), (6, 1), (99, 1)])
def test_a_rule_names_no_right_that_a_version_does_not_know(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int, ports: int
) -> None:
    """Source: landlock(7): a rule with a right that the ruleset does not handle is refused as a whole."""
    denied: list[tuple[int, list[tuple[int, bytes]]]] = []

    def deny(filesystem: int, _net: int, _scope: int, _size: int, rules: list[tuple[int, bytes]]) -> None:
        denied.append((filesystem, rules))

    monkeypatch.setattr(kernel, "landlock_version", lambda: version)
    monkeypatch.setattr(kernel, "landlock_deny", deny)
    assert leave_files(Reach("carrier", keeps=(tmp_path,), ports=(443,))) == version
    ((filesystem, rules),) = denied
    assert [kind for kind, _ in rules].count(2) == ports
    for kind, rule in rules:
        assert kind == 2 or int.from_bytes(rule[:8], sys.byteorder) & ~filesystem == 0


def test_a_kernel_that_refuses_is_a_sentence_that_names_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.E2BIG, "Argument list too long")

    monkeypatch.setattr(kernel, "landlock_version", lambda: 7)
    monkeypatch.setattr(kernel, "landlock_deny", refused)
    with pytest.raises(IsolationUnavailable, match=r"cannot confine the shipper: .*Landlock"):
        leave_files(Reach("shipper"))


def test_one_that_has_threads_already_is_not_taken_for_confined(tmp_path: Path) -> None:
    done = inside(tmp_path, THREADED)
    assert "a thread already runs" in done.stdout, done.stderr


def inside(folder: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run a program in a process of its own: what it gives up is gone for good."""
    return subprocess.run(
        [sys.executable, "-I", "-c", program, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


THREADED = """
import sys, threading
from bartizan.isolation.carrier import Reach, confine
threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    confine(Reach("carrier"))
except OSError as fault:
    print(fault)
"""
KEPT = """
import contextlib, os, socket, sqlite3, sys, threading
from pathlib import Path
from bartizan.crypto import tls
from bartizan.isolation.carrier import Reach, confine, towards
from bartizan.ledger.database import open_to_fill, reading
from bartizan.ledger.installation import write_whole
root = Path(sys.argv[1])
ledger, keeps = root / "ledger", root / "keeps"
ledger.mkdir(); keeps.mkdir()
fills = open_to_fill(ledger)
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
file = os.open(root / "out", os.O_RDWR | os.O_CREAT | os.O_APPEND)
held = confine(towards(Reach("carrier", reads=(ledger,), keeps=(keeps,)), [("localhost", port)]))
with reading(ledger) as connection:
    assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)
write_whole(keeps / "cursor.json", b"{}"); write_whole(keeps / "cursor.json", b"{1}")
assert (keeps / "cursor.json").read_bytes() == b"{1}"
os.write(file, b"x"); os.ftruncate(file, 0); os.fsync(file)
with socket.create_connection(("localhost", port), timeout=5) as end:
    end.sendall(b"x")
with contextlib.suppress(OSError):
    socket.getaddrinfo("name.invalid", port)
done = []
thread = threading.Thread(target=lambda: done.append("x".encode("idna")))
thread.start(); thread.join()
assert done == [b"x"]
import html.parser, xml.dom.minidom  # whatever is imported late
print("kept", held.seccomp)
"""


def test_what_a_carrier_does_it_can_do_confined(tmp_path: Path) -> None:
    done = inside(tmp_path, KEPT)
    assert done.stdout == "kept True\n", done.stderr
