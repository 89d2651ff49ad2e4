"""What a gateway worker gives up once it holds all that it needs, and before it serves.

Rules of this file: seccomp alone refuses every attack of tests/attacks/test_inside_worker.py, and Landlock
stands behind it, for on older kernels it knows neither TCP nor scopes, and it never sees UDP, MPTCP, unix
sockets or io_uring. The list holds what a serving worker was seen to use and what CPython, the allocator and
threads need; everything else fails with EPERM. Nothing here can be undone.
"""

import errno
import fcntl
import os
import resource
import socket
import termios
from collections.abc import Iterator
from typing import Final

from bartizan.isolation import kernel
from bartizan.isolation.bpf import ALLOW, Argument, Rule, program, refuse
from bartizan.isolation.confinement import (
    THREADS,
    Confinement,
    IsolationUnavailable,
    abi,
    single_threaded,
)
from bartizan.isolation.syscalls import SUPPORTED

_HOT: Final = (
    "epoll_pwait epoll_wait recvfrom write read futex clock_gettime epoll_ctl recvmsg writev accept4 getpid"
)
_PLAIN: Final = """
close getsockname getpeername epoll_pwait2 poll ppoll lseek fsync fdatasync preadv2
brk munmap mremap madvise sched_yield sched_getaffinity getrandom clock_nanosleep nanosleep clock_getres
gettimeofday time rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
gettid getuid geteuid getgid getegid sysinfo exit exit_group set_robust_list rseq
"""
_PROT_EXEC, _MAP_ANONYMOUS, _MSG_FASTOPEN, _PR_SET_NAME, _F_GET_SEALS = 4, 0x20, 0x20000000, 15, 1034
_OPTIONS_READ: Final = (socket.SO_TYPE, socket.SO_ERROR, socket.SO_PROTOCOL, socket.SO_DOMAIN)
_UNIX, _STREAM, _CLOEXEC, _NONBLOCK = int(socket.AF_UNIX), 1, 0o2000000, 0o4000


def refuse_io_uring() -> None:
    """Make io_uring_setup answer ENOSYS, before the event loop is made.

    libuv opens a ring for epoll_ctl by itself, a ring's operations obey no filter, and no setting of uvloop
    stops it; told that there is none, it uses epoll.
    """
    if not SUPPORTED:
        raise IsolationUnavailable("no system-call filter for this machine")
    kernel.no_new_privileges()
    kernel.seccomp_filter(program([Rule("io_uring_setup", verdict=refuse(errno.ENOSYS))], ALLOW))


def bound_files(octets: int) -> None:
    """Let no file grow beyond this, so that a worker gone bad cannot fill the disk through its journal.

    Source: setrlimit(2), RLIMIT_FSIZE; the interpreter ignores SIGXFSZ, so a write fails with EFBIG.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))


def confine(listener: int) -> Confinement:
    """Give up files, sockets, programs, privileges and system calls; return what holds from now on.

    Args:
        listener: descriptor of the one socket on which `listen` may be called.
    Raises:
        IsolationUnavailable: a second thread runs, or the kernel has no seccomp.
    """
    single_threaded()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel.not_dumpable()
    kernel.no_new_privileges()
    kernel.drop_capabilities()
    landlock = deny_files()
    filter_calls(listener)
    return Confinement(seccomp=True, landlock=landlock)


def deny_files() -> int:
    """Deny every path, TCP bind and connect, abstract sockets and signals, as far as the kernel can; return its ABI."""
    found = abi()
    if found.version:
        try:
            kernel.landlock_deny(found.filesystem, found.network, found.scope, found.size)
        except OSError as fault:  # a kernel that has it and does not do it: nobody knows what then holds
            raise IsolationUnavailable(f"the kernel refused its Landlock rules ({fault.strerror})") from fault
    return found.version


def filter_calls(listener: int) -> None:
    """Refuse every system call that a serving worker does not need."""
    try:
        kernel.seccomp_filter(program(_rules(listener, os.getpid()), refuse(errno.EPERM)))
    except OSError as fault:
        raise IsolationUnavailable(f"the kernel refused the filter ({fault.strerror})") from fault


def _rules(listener: int, own: int) -> Iterator[Rule]:
    for name in _HOT.split():
        yield Rule(name)
    # to nobody but the other end: no address, and no MSG_FASTOPEN, which connects without connect. There is no
    # sendmsg: it could pass the listener on, under another number, to the worker itself or to a service
    yield Rule("sendto", (Argument(3, 0, _MSG_FASTOPEN), Argument(5, 0)))
    for name in _PLAIN.split():
        yield Rule(name)
    # files are not mapped any more, and nothing becomes executable
    yield Rule("mmap", (Argument(2, 0, _PROT_EXEC), Argument(3, _MAP_ANONYMOUS, _MAP_ANONYMOUS)))
    yield Rule("mprotect", (Argument(2, 0, _PROT_EXEC),))
    yield from _shared(listener)
    for request in (termios.FIONBIO, termios.FIONREAD, termios.FIOCLEX):
        yield Rule("ioctl", (Argument(1, request),))
    # never F_SETFL, which would take O_APPEND off the journal, and no second number for the listener
    for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, _F_GET_SEALS):
        yield Rule("fcntl", (Argument(1, command),))
    yield Rule("listen", (Argument(0, listener),))  # on a new socket it would bind one
    yield Rule("prctl", (Argument(0, _PR_SET_NAME),))
    # uvloop makes a pair at each run; stream only, for a datagram pair can be pointed at a path
    for flags in (0, _CLOEXEC, _NONBLOCK, _CLOEXEC | _NONBLOCK):
        yield Rule("socketpair", (Argument(0, _UNIX), Argument(1, _STREAM | flags)))
    yield Rule("tgkill", (Argument(0, own),))  # abort; nothing scopes signals before ABI 6
    yield from THREADS


def _shared(listener: int) -> Iterator[Rule]:
    """Yield what keeps the listener as it is: every worker has it, and what one does to it outlives that one.

    Shut for reading it would refuse everybody; made blocking it would hang the next worker; options could filter
    its connections, bind it to a device, or require signatures, and be locked in place.
    """
    yield Rule("shutdown", (Argument(1, socket.SHUT_WR),))  # which does nothing to a listener
    yield Rule("ioctl", (Argument(0, listener),), refuse(errno.EPERM))
    yield Rule("setsockopt", (Argument(1, socket.IPPROTO_TCP), Argument(2, socket.TCP_NODELAY)))
    for option in _OPTIONS_READ:
        yield Rule("getsockopt", (Argument(1, socket.SOL_SOCKET), Argument(2, option)))
