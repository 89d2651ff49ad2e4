"""Runs a process of the platform with an adversary inside its gateway workers.

    python -I inside.py LAYERS MODULE [ARGUMENT ...]

LAYERS is `all`, `no-landlock`, `no-seccomp`, or `imports`, which attacks nothing and prints a line for each
module that a confined worker tries to import. The module runs as it would, but a worker that has just been
confined carries out every attack of `ATTACKS` and prints a line for each. `bartizan.cli.main` started this
way starts its children this way.
"""

import ctypes
import fcntl
import mmap
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
Attack = Callable[[], object]
KEPT: list[socket.socket] = []


def raw(number: int, *arguments: object) -> Attack:
    """Return an attack that makes a raw system call."""

    def call() -> object:
        if LIBC.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return None

    return call


def tcp(address: tuple[str, int], protocol: int = 0) -> Attack:
    """Return an attack that connects somewhere."""

    def connect() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol) as end:
            end.settimeout(1)
            end.connect(address)

    return connect


def unix(path: str) -> Attack:
    """Return an attack that connects to a unix socket."""

    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(path)

    return connect


def opened(path: str, flags: int) -> Attack:
    """Return an attack that opens a file."""
    return lambda: os.close(os.open(path, flags))


def on_files(state: str) -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on what lies in the state folder and elsewhere on the disk."""
    for key in ("server-authority", "client-authority", "ledger-ed25519", "ledger-mldsa44", "token"):
        yield f"read key {key}", opened(f"{state}/keys/{key}.pem", os.O_RDONLY)
    yield "alter the tree", opened(f"{state}/ledger/tree.db", os.O_RDWR)
    yield "read the tree", opened(f"{state}/ledger/tree.db", os.O_RDONLY)
    yield "read the store", opened(f"{state}/store.db", os.O_RDONLY)
    yield "alter the generation", opened(f"{state}/run/generation", os.O_RDWR)
    yield "plant a segment", opened(f"{state}/ledger/segments/planted.journal", os.O_WRONLY | os.O_CREAT)
    yield "read /etc/passwd", opened("/etc/passwd", os.O_RDONLY)
    yield "read own memory map", opened("/proc/self/maps", os.O_RDONLY)
    yield "list the state", lambda: os.listdir(state)
    yield "remove the tree", lambda: os.unlink(f"{state}/ledger/tree.db")
    yield "rename the tree", lambda: os.rename(f"{state}/ledger/tree.db", f"{state}/ledger/gone")
    yield "link the tree", lambda: os.link(f"{state}/ledger/tree.db", f"{state}/ledger/linked")
    yield "change a mode", lambda: os.chmod(f"{state}/keys/token.pem", 0o644)


def on_network(state: str, outside: tuple[str, int]) -> Iterator[tuple[str, Attack]]:
    """Yield the attacks that reach for another process or machine."""
    yield "owner's socket", unix(f"{state}/run/owner.sock")
    yield "control's socket", unix(f"{state}/run/control.sock")
    yield "TCP connect", tcp(outside)
    yield "MPTCP connect", tcp(outside, 262)
    yield "TCP fast open", lambda: socket.socket().sendto(b"x", 0x20000000, outside)
    yield "UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", outside)
    yield "TCP bind", lambda: socket.socket().bind(("127.0.0.1", 0))
    yield "listen on a new socket", lambda: socket.socket().listen()
    yield "datagram pair", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    yield "netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    yield "raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    yield "kernel crypto socket", lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    yield "vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


def on_processes() -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on other processes, and on the kernel."""
    parent = os.getppid()
    yield "fork", lambda: os.fork() or os._exit(0)
    yield "run a program", lambda: subprocess.run(["/bin/true"], check=True)
    yield "program from memory", raw(319, b"x", 0)
    yield "ptrace the supervisor", raw(101, 16, parent, 0, 0)
    yield "read the supervisor's memory", raw(310, parent, 0, 0, 0, 0, 0)
    yield "open the supervisor", raw(434, parent, 0)
    yield "signal the supervisor", lambda: os.kill(parent, 0)
    yield "end the supervisor", lambda: os.kill(parent, signal.SIGKILL)
    yield "io_uring", raw(425, 1, bytes(200))
    yield "executable memory", raw(9, 0, 4096, 5, 0x22, -1, 0)
    yield "make memory executable", raw(10, 0, 4096, 5)
    yield "user namespace", raw(272, 0x10000000)
    yield "bpf", raw(321, 0, bytes(128), 128)
    yield "keyring", raw(250, 0, -3, 1)
    yield "mount", raw(165, b"x", b"/", b"tmpfs", 0, 0)
    yield "set the clock", raw(227, 0, bytes(16))
    yield "userfaultfd", raw(323, 0)
    yield "perf events", raw(298, bytes(128), 0, -1, -1, 0)


def on_journal(segment: int) -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on what this worker itself has written."""
    yield "take append-only off", lambda: fcntl.fcntl(segment, fcntl.F_SETFL, 0)
    yield "truncate the journal", lambda: os.ftruncate(segment, 16)
    yield "write at an offset", lambda: os.pwrite(segment, b"XXXX", 0)
    yield "write at an offset, no append", lambda: os.pwritev(segment, [b"XXXX"], 0, 0x20)
    yield "punch a hole", raw(285, segment, 3, ctypes.c_long(0), ctypes.c_long(16))
    yield "read the journal back", lambda: os.read(segment, 16)
    yield "map the journal", lambda: mmap.mmap(segment, 0)
    yield "copy within the journal", raw(326, segment, 0, segment, 0, 16, 0)
    yield "splice into the journal", raw(275, 0, 0, segment, 0, 16, 0)
    yield "reopen the journal", lambda: os.close(os.open(f"/proc/self/fd/{segment}", os.O_RDWR))


def on_shared(listener: int, state: str) -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on the listener, which the next worker will have too, and ways to a second hold on it."""
    held, ends = socket.socket(fileno=listener), socket.socketpair()
    KEPT.extend((held, *ends))  # a socket object that goes away closes its descriptor, which the worker needs
    drop_all = struct.pack("HBBI", 0x06, 0, 0, 0)
    memory = ctypes.create_string_buffer(drop_all)
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(memory))
    yield "make the listener block", lambda: fcntl.ioctl(listener, 0x5421, b"\0\0\0\0")
    yield "filter the listener", lambda: (held.setsockopt(socket.SOL_SOCKET, 26, program), memory)
    yield "bind the listener to a device", lambda: held.setsockopt(socket.SOL_SOCKET, 25, b"lo\0")
    yield "want another hop limit", lambda: held.setsockopt(socket.IPPROTO_IP, 21, 255)
    yield "want data first", lambda: held.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    yield "read an option", lambda: held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 200)
    yield "who is at the other end", lambda: held.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    yield "double the listener", lambda: os.dup(listener)
    yield "double it another way", lambda: fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, 0)
    yield "pass the listener to itself", lambda: socket.send_fds(ends[0], [b"x"], [listener])
    yield "shut the listener", lambda: held.shutdown(socket.SHUT_RD)
    yield "shut the listener both ways", lambda: held.shutdown(socket.SHUT_RDWR)
    yield "see how large a secret is", lambda: os.stat(f"{state}/keys/token.pem")


def attempt(name: str, attack: Attack) -> str:
    """Return a line on what came of an attack."""
    try:
        attack()
    except (OSError, ValueError, ImportError) as fault:
        return f"ATTACK refused {name}: {type(fault).__name__} {getattr(fault, 'errno', '')}"
    return f"ATTACK ALLOWED {name}"


def carry_out(layers: str, state: str, outside: tuple[str, int], segment: int, listener: int) -> None:
    """Carry out every attack and print what came of it; then show that the worker can still work."""
    attacks = [*on_files(state), *on_network(state, outside), *on_processes(), *on_journal(segment)]
    attacks += on_shared(listener, state)
    if layers == "no-seccomp":  # below Landlock ABI 6 nothing else would stop it
        attacks = [(name, attack) for name, attack in attacks if name != "end the supervisor"]
    lines = [attempt(name, attack) for name, attack in attacks]
    thread = threading.Thread(target=lambda: lines.append("ATTACK thread runs"))
    thread.start()
    thread.join()
    print("\n".join([*lines, "ATTACK end"]), file=sys.stderr, flush=True)  # noqa: T201  # this is the report


def report_import(event: str, arguments: tuple[Any, ...]) -> None:
    """Print what is imported."""
    if event == "import":
        os.write(2, f"ATTACK import {arguments[0]}\n".encode())


def adversary(layers: str) -> None:
    """Put the adversary into this process, in case it is a worker."""
    from bartizan.isolation import worker  # noqa: PLC0415  # after the interpreter has started

    original = worker.confine
    if layers == "no-landlock":
        worker.deny_files = lambda: 0
    if layers == "no-seccomp":
        worker.filter_calls = lambda listener: None  # noqa: ARG005  # as the original

    def confine(listener: int) -> Any:  # noqa: ANN401  # as the original
        opened_files = {
            fd: os.readlink(f"/proc/self/fd/{fd}")
            for fd in map(int, os.listdir("/proc/self/fd"))
            if Path(f"/proc/self/fd/{fd}").exists()
        }
        segment = next(fd for fd, path in opened_files.items() if path.endswith(".journal"))
        state = str(Path(opened_files[segment]).parents[2])
        with socket.create_server(("127.0.0.1", 0)) as outside:
            held = original(listener)
            if layers == "imports":
                sys.addaudithook(report_import)
                return held
            carry_out(layers, state, outside.getsockname(), segment, listener)
        return held

    worker.confine = confine


def main() -> None:
    """Run the module with the adversary inside."""
    layers, module, *arguments = sys.argv[1:]
    if module == "bartizan.app.worker":
        adversary(layers)
    else:
        from bartizan.app import supervisor  # noqa: PLC0415  # after the interpreter has started

        supervisor.LAUNCH = (sys.executable, "-I", str(Path(__file__).resolve()), layers)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
