"""What a process that carries something out of the platform, or keeps a copy of it, gives up before it does so.

Rules of this file: a carrier, or what serves strangers on this machine, reads what strangers say, so it is assumed to fall. Landlock leaves it the files and the
TCP ports that it names, as far as the kernel can; the filter leaves it no program, no other process, no socket but of
the internet, and none that listens, and refuses whatever is not listed. What it was given open stays open. Nothing
here can be undone.
"""

import errno
import fcntl
import ipaddress
import os
import resource
import socket
import sys
import termios
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.isolation import kernel
from bartizan.isolation.bpf import Argument, Rule, program, refuse
from bartizan.isolation.confinement import (
    THREADS,
    Abi,
    Confinement,
    IsolationUnavailable,
    abi,
    single_threaded,
)
from bartizan.isolation.syscalls import SUPPORTED

_PLAIN: Final = """
read write futex clock_gettime poll ppoll select pselect6 recvfrom recvmsg close lseek getpid
pread64 preadv2 readv writev fsync fdatasync ftruncate getsockname getpeername getsockopt setsockopt shutdown connect
epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 pipe2 eventfd2 dup
brk munmap mremap madvise sched_yield sched_getaffinity getrandom clock_nanosleep nanosleep clock_getres
gettimeofday time rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall rt_sigtimedwait
gettid getuid geteuid getgid getegid getppid getpgrp uname sysinfo times getrusage membarrier getcpu
exit exit_group set_robust_list rseq set_tid_address
"""
_FILES: Final = """
open openat stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat getcwd
statfs fstatfs getdents64
"""
"""By path; which paths, Landlock says."""
_KEEPS: Final = "pwrite64 rename renameat renameat2 unlink unlinkat mkdir mkdirat umask"
_PROT_EXEC, _MAP_ANONYMOUS, _MSG_FASTOPEN, _PR_SET_NAME = 4, 0x20, 0x20000000, 15
_FCNTL: Final = (
    *(fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL),
    *(fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW, fcntl.F_DUPFD_CLOEXEC),
)
_IOCTL: Final = (termios.FIONBIO, termios.FIONREAD, termios.FIOCLEX, termios.TCGETS)
_TYPE: Final = 0xF
"""Of a socket, without its flags."""
_PLAIN_TCP: Final = (0, int(socket.IPPROTO_TCP))
_PLAIN_UDP: Final = (0, int(socket.IPPROTO_UDP))
_NAMES_PORT: Final = 53
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_NAMES_FROM: Final = "/etc"
_RESOLVER: Final = "/etc/resolv.conf"

_WRITE_FILE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 2, 4, 8, 1 << 14
_REMOVE, _MAKE = 16 | 32, 128 | 256
"""A folder or a file."""
_READS: Final = _READ_FILE | _READ_FOLDER
_WRITES: Final = _READS | _WRITE_FILE | _REMOVE | _MAKE | _TRUNCATE
_OF_A_FILE: Final = _WRITE_FILE | _READ_FILE | _TRUNCATE
_CONNECT: Final = 2


class Reach(msgspec.Struct, frozen=True):
    """What a carrier goes on needing of the machine.

    Attributes:
        what: it is, for messages.
        reads: files and folders that it reads.
        keeps: folders, all there, in which it makes, replaces and removes files.
        ports: of TCP that it connects to, wherever that is.
        names: whether it has names resolved: then it reads /etc, and asks name servers.
        datagrams: whether it sends any besides those to name servers.
        serves: whether it takes connections from a listener that it was given, and may pass them on to the supervisor.
    """

    what: str
    reads: tuple[Path, ...] = ()
    keeps: tuple[Path, ...] = ()
    ports: tuple[int, ...] = ()
    names: bool = False
    datagrams: bool = False
    serves: bool = False


def towards(reach: Reach, places: Iterable[tuple[str, int]]) -> Reach:
    """Return a reach that also gets to these hosts, names or addresses, by TCP at these ports."""
    found = tuple(places)
    ports = {*reach.ports, *(port for _, port in found)}
    names = reach.names or any(not _is_address(host) for host, _ in found)
    return msgspec.structs.replace(reach, ports=tuple(sorted(ports)), names=names)


def confine(reach: Reach) -> Confinement:
    """Give up everything but a reach; return what holds from now on.

    Raises:
        IsolationUnavailable: a second thread runs, or the kernel has no seccomp, or it does not do its Landlock.
    """
    if not SUPPORTED:
        raise IsolationUnavailable("no system-call filter for this machine", reach.what)
    single_threaded(reach.what)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel.not_dumpable()
    kernel.no_new_privileges()
    kernel.drop_capabilities()
    landlock = leave_files(reach)
    filter_calls(reach)
    return Confinement(seccomp=True, landlock=landlock)


def leave_files(reach: Reach) -> int:
    """Deny every path and TCP port but those of a reach, as far as the kernel can; return its ABI."""
    found = abi()
    if found.version:
        folders = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path, _ in _paths(reach)]
        try:
            rules = [
                *(
                    _path_rule(found, rights, fd)
                    for (_, rights), fd in zip(_paths(reach), folders, strict=True)
                ),
                *(kernel.port_rule(_CONNECT, port) for port in _ports(reach) if found.network),
            ]
            kernel.landlock_deny(found.filesystem, found.network, found.scope, found.size, rules)
        except OSError as fault:  # a kernel that has it and does not do it: nobody knows what then holds
            missing = f"the kernel refused its Landlock rules ({fault.strerror})"
            raise IsolationUnavailable(missing, reach.what) from fault
        finally:
            for fd in folders:
                os.close(fd)
    return found.version


def filter_calls(reach: Reach) -> None:
    """Refuse every system call that a reach does not need."""
    try:
        kernel.seccomp_filter(program(rules(reach, os.getpid()), refuse(errno.EPERM)))
    except OSError as fault:
        missing = f"the kernel refused the filter ({fault.strerror})"
        raise IsolationUnavailable(missing, reach.what) from fault


def rules(reach: Reach, own: int) -> Iterator[Rule]:
    """Yield what the filter lets through.

    Args:
        reach: of the carrier.
        own: its process id.
    """
    for name in f"{_PLAIN} {_FILES} {_KEEPS if reach.keeps else ''}".split():
        yield Rule(name)
    # to nobody but the other end: no address, and no MSG_FASTOPEN, which connects without connect. There is no
    # sendmsg: it could pass a descriptor on
    yield Rule("sendto", (Argument(3, 0, _MSG_FASTOPEN), Argument(5, 0)))
    yield from _sockets(reach)
    if reach.serves:  # with no socket of its own to name an address by
        yield Rule("accept4")
        yield Rule("sendmsg")
    # modules and libraries are mapped late; no memory that was written becomes executable
    yield Rule("mmap", (Argument(2, 0, _PROT_EXEC),))
    yield Rule("mmap", (Argument(3, 0, _MAP_ANONYMOUS),))
    yield Rule("mprotect", (Argument(2, 0, _PROT_EXEC),))
    for command in _FCNTL:
        yield Rule("fcntl", (Argument(1, command),))
    for request in _IOCTL:
        yield Rule("ioctl", (Argument(1, request),))
    yield Rule("prctl", (Argument(0, _PR_SET_NAME),))
    yield Rule("prlimit64", (Argument(0, 0),))
    yield Rule("tgkill", (Argument(0, own),))  # abort; nothing scopes signals before ABI 6
    yield from THREADS


def _sockets(reach: Reach) -> Iterator[Rule]:
    """Yield which sockets it may make: none of this machine's own, by which it could ask as the owner does."""
    kinds = [(int(socket.SOCK_STREAM), each) for each in _PLAIN_TCP] if _ports(reach) else []
    if reach.names or reach.datagrams:
        kinds += [(int(socket.SOCK_DGRAM), each) for each in _PLAIN_UDP]
        # glibc asks for addresses of both kinds at once
        yield Rule("sendmmsg", (Argument(3, 0, _MSG_FASTOPEN),))
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind, protocol in kinds:
            yield Rule("socket", (Argument(0, int(family)), Argument(1, kind, _TYPE), Argument(2, protocol)))


def _ports(reach: Reach) -> tuple[int, ...]:
    return (*reach.ports, _NAMES_PORT) if reach.names else reach.ports


def _paths(reach: Reach) -> list[tuple[Path, int]]:
    """Return the paths that are there, each with its rights."""
    reads = [*map(Path, (*_LIBRARIES, *filter(None, sys.path))), *reach.reads]
    if reach.names:  # the file that names name servers is another one after each change of networks
        reads += [Path(_NAMES_FROM), Path(_RESOLVER).resolve().parent]
    found = [*((path, _READS) for path in reads), *((path, _WRITES) for path in reach.keeps)]
    return [(path, rights) for path, rights in found if path.exists()]


def _path_rule(found: Abi, rights: int, fd: int) -> tuple[int, bytes]:
    """Return the rule for a path; a file has fewer rights than a folder, and an older kernel knows fewer."""
    known = rights & found.filesystem
    folder = os.path.isdir(f"/proc/self/fd/{fd}")  # noqa: PTH112  # an open descriptor, not a path
    return kernel.path_rule(known if folder else known & _OF_A_FILE, fd)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
