"""What a worker gives up fits each version of the kernel, and what cannot be given up stops it with a sentence."""

import errno

import pytest

from bartizan.isolation import kernel, worker
from bartizan.isolation.bpf import ALLOW, program, refuse
from bartizan.isolation.confinement import IsolationUnavailable
from bartizan.isolation.syscalls import MACHINE, NUMBERS
from tests.isolation.test_bpf import run

LISTENER, OWN = 7, 4242
EPERM = refuse(errno.EPERM)


def verdict(call: str, *arguments: int) -> int:
    """Return what the filter of a worker says of a call."""
    number = NUMBERS[call]
    assert number is not None
    code = program(worker._rules(LISTENER, OWN), EPERM)
    return run(code, MACHINE, number, (*arguments, *[0] * (6 - len(arguments))))


@pytest.mark.parametrize(
    ("version", "filesystem", "network", "scope", "size"),
    [
        (1, 13, 0, 0, 8),
        (2, 14, 0, 0, 8),
        (3, 15, 0, 0, 8),
        (4, 15, 3, 0, 16),
        (5, 16, 3, 0, 16),
        (6, 16, 3, 3, 24),
        (7, 16, 3, 3, 24),
        (99, 16, 3, 3, 24),
    ],
)
def test_every_right_that_a_version_knows_is_denied_and_none_that_it_does_not(
    monkeypatch: pytest.MonkeyPatch, version: int, filesystem: int, network: int, scope: int, size: int
) -> None:
    """Source: linux/landlock.h: rights by version, and the length of the attribute that it accepts."""
    denied: list[tuple[int, int, int, int]] = []
    monkeypatch.setattr(kernel, "landlock_version", lambda: version)
    monkeypatch.setattr(kernel, "landlock_deny", lambda *rights: denied.append(rights))
    assert worker.deny_files() == version
    assert denied == [((1 << filesystem) - 1, network, scope, size)]


def test_without_landlock_nothing_is_denied_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "landlock_version", lambda: 0)
    assert worker.deny_files() == 0


def test_a_kernel_that_refuses_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise OSError(errno.E2BIG, "Argument list too long")

    monkeypatch.setattr(kernel, "landlock_version", lambda: 7)
    monkeypatch.setattr(kernel, "landlock_deny", refused)
    with pytest.raises(IsolationUnavailable, match="Landlock"):
        worker.deny_files()


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("sendto", (5, 0, 10, 0, 0, 0)),
        ("shutdown", (9, 1)),
        ("setsockopt", (9, 6, 1)),
        ("getsockopt", (9, 1, 4)),
        ("mmap", (0, 4096, 3, 0x22)),
        ("mprotect", (0, 4096, 3)),
        ("ioctl", (9, 0x5421)),
        ("listen", (LISTENER, 2048)),
        ("fcntl", (9, 3)),
        ("socketpair", (1, 0o2004001)),
        ("clone", (0x3D0F00,)),
        ("tgkill", (OWN, OWN, 6)),
    ],
)
def test_what_serving_takes_is_there(call: str, arguments: tuple[int, ...]) -> None:
    assert verdict(call, *arguments) == ALLOW


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("sendmsg", (5, 0, 0)),
        ("dup", (LISTENER,)),
        ("accept", (LISTENER,)),
        ("newfstatat", (-100 & 0xFFFFFFFF, 0, 0, 0)),
        ("fstat", (5,)),
        ("getppid", ()),
        ("sendto", (5, 0, 10, 0x20000000, 0, 0)),
        ("sendto", (5, 0, 10, 0, 1, 16)),
        ("shutdown", (LISTENER, 0)),
        ("shutdown", (LISTENER, 2)),
        ("shutdown", (LISTENER, 3)),
        ("setsockopt", (LISTENER, 1, 26)),
        ("setsockopt", (LISTENER, 1, 25)),
        ("setsockopt", (LISTENER, 6, 31)),
        ("setsockopt", (LISTENER, 0, 21)),
        ("getsockopt", (5, 1, 17)),
        ("getsockopt", (5, 1, 77)),
        ("mmap", (0, 4096, 5, 0x22)),
        ("mmap", (0, 4096, 3, 0x01)),
        ("mprotect", (0, 4096, 5)),
        ("ioctl", (LISTENER, 0x5421)),
        ("listen", (9, 1)),
        ("fcntl", (5, 4)),
        ("fcntl", (LISTENER, 0)),
        ("fcntl", (LISTENER, 1030)),
        ("socketpair", (1, 2)),
        ("socketpair", (1, 5)),
        ("clone", (0x11,)),
        ("clone", (0x3D0F00 | 0x10000000,)),
        ("clone", (0x3D0F00 | 0x40000000,)),
        ("clone", (0x3D0F00 | 0x00020000,)),
        ("clone", (0x3D0F00 | 0x2000,)),
        ("tgkill", (1, 1, 9)),
        ("prctl", (1, 0)),
        ("prctl", (4, 1)),
    ],
)
def test_what_it_does_not_take_is_not(call: str, arguments: tuple[int, ...]) -> None:
    assert verdict(call, *arguments) == EPERM
