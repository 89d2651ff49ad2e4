"""The few kernel calls that Python does not offer: prctl, capset, seccomp, Landlock.

Rules of this file: thin; each call either did what it says or raises OSError with the kernel's reason.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_DUMPABLE, _PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 4, 1, 38
_SECCOMP: Final = 277 if platform.machine() == "aarch64" else 317
_CAPSET: Final = 91 if platform.machine() == "aarch64" else 126
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FLAG_TSYNC = 1, 1
_CAPABILITY_VERSION_3: Final = 0x20080522


def call(name: str, number: int, *arguments: object) -> int:
    """Return the result of a raw system call.

    Raises:
        OSError: the kernel refused; the message starts with `name`.
    """
    result: int = _LIBC.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def _prctl(name: str, option: int, value: int) -> None:
    if (
        _LIBC.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
        < 0
    ):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def no_new_privileges() -> None:
    """Give up for ever what a set-user-id file could grant. Source: prctl(2), PR_SET_NO_NEW_PRIVS."""
    _prctl("prctl(no_new_privs)", _PR_SET_NO_NEW_PRIVS, 1)


def not_dumpable() -> None:
    """Leave no core file, and let no process of the same user read this one's memory. Source: prctl(2)."""
    _prctl("prctl(dumpable)", _PR_SET_DUMPABLE, 0)


def die_with_parent(signal: int) -> None:
    """Receive `signal` when the parent is gone. Source: prctl(2), PR_SET_PDEATHSIG."""
    _prctl("prctl(pdeathsig)", _PR_SET_PDEATHSIG, signal)


def drop_capabilities() -> None:
    """Give up every capability, effective, permitted and inheritable. Source: capset(2)."""
    call("capset", _CAPSET, struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def seccomp_filter(program: bytes) -> None:
    """Load a filter for every thread of this process; it can never be taken off. Source: seccomp(2)."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(instructions))
    flags = ctypes.c_uint(_SECCOMP_FLAG_TSYNC)
    if call("seccomp", _SECCOMP, ctypes.c_uint(_SECCOMP_SET_MODE_FILTER), flags, header) != 0:
        raise OSError(0, "seccomp: a thread could not be put under the filter")


def landlock_version() -> int:
    """Return the Landlock ABI of the kernel, 0 where it has none. Source: landlock(7)."""
    try:
        return call("landlock(version)", _LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def landlock_deny(
    filesystem: int, network: int, scope: int, size: int, exceptions: Iterable[tuple[int, bytes]] = ()
) -> None:
    """Deny this thread and its later children all of these rights, but for the exceptions.

    Args:
        filesystem, network, scope: rights, bit by bit, as the kernel's ABI numbers them.
        size: octets of the attribute that this ABI knows.
        exceptions: type and attribute of rules, from `path_rule` and `port_rule`.
    Source: landlock(7).
    """
    attribute = struct.pack("=QQQ", filesystem, network, scope)
    rules = call(
        "landlock_create_ruleset", _LANDLOCK_CREATE, attribute, ctypes.c_size_t(size), ctypes.c_uint(0)
    )
    try:
        for kind, rule in exceptions:
            call("landlock_add_rule", _LANDLOCK_ADD, rules, ctypes.c_uint(kind), rule, ctypes.c_uint(0))
        call("landlock_restrict_self", _LANDLOCK_RESTRICT, rules, ctypes.c_uint(0))
    finally:
        os.close(rules)


def path_rule(rights: int, fd: int) -> tuple[int, bytes]:
    """Return a rule that allows these rights on an open file, or beneath an open folder. Source: landlock(7)."""
    return 1, struct.pack("=Qi", rights, fd)


def port_rule(rights: int, port: int) -> tuple[int, bytes]:
    """Return a rule that allows these rights of TCP on a port, from ABI 4 on. Source: landlock(7)."""
    return 2, struct.pack("=QQ", rights, port)


def preallocate(fd: int, octets: int) -> None:
    """Reserve disk space behind a file without changing its size, so that appending cannot fill the disk.

    Raises:
        OSError: ENOSPC where there is not as much; EOPNOTSUPP where the file system cannot reserve.
    Source: fallocate(2), FALLOC_FL_KEEP_SIZE.
    """
    if _LIBC.fallocate(fd, 1, ctypes.c_int64(0), ctypes.c_int64(octets)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"fallocate: {os.strerror(code)}")
