"""What hostile code tries inside a carrier: `carried.py CARRIER LAYERS STATE`; prints what came of each attack as JSON."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bartizan.app import exporter, feeder, inspector, shipper, workloads
from bartizan.app.feeding import Feeding
from bartizan.app.folder import Folder
from bartizan.app.plan import Connector, Traces
from bartizan.app.tracing import Exporting
from bartizan.app.witness_plan import Witness
from bartizan.isolation import carrier as isolation
from bartizan.isolation.carrier import Reach
from bartizan.isolation.syscalls import NUMBERS
from bartizan.traces.otlp import Teller

Attack = Callable[[], object]
PORT: Final = 9
"""Of the receiver of each: nobody listens there."""


def _shipper(state: Path) -> Reach:
    one = Connector("siem", "json", "http", host="127.0.0.1", port=PORT)
    two = Connector("file", "json", "file", file=str(state.parent / "out.jsonl"))
    return shipper.reach(Folder(state), (one, two))


def _feeder(state: Path) -> Reach:
    witness = Witness("one", "127.0.0.1", PORT, False, "", "")
    return feeder.reach(Feeding(str(state / "ledger"), (witness,), 1))


def _exporter(_: Path) -> Reach:
    traces = Traces("127.0.0.1", PORT, tls=False, path="/")
    return exporter.reach(Exporting(Teller("1", "0" * 32, False, {}), traces, ()))


CARRIERS: Final[Mapping[str, Callable[[Path], Reach]]] = {
    "shipper": _shipper,
    "feeder": _feeder,
    "exporter": _exporter,
    "workloads": lambda _: workloads.reach(),
    "inspector": lambda _: inspector.reach(),
}


def on_files(state: Path) -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on what lies in the state folder and elsewhere on the disk."""
    parent = os.getppid()
    yield "read a key", (state / "keys/token.pem").read_bytes
    yield "read the store", (state / "store.db").read_bytes
    yield "read a file of the machine", lambda: Path("/etc/passwd").read_bytes()
    yield "read another process's environment", lambda: Path(f"/proc/{parent}/environ").read_bytes()
    yield "read what is besides the state", (state.parent / "beside").read_bytes
    yield "alter the tree", lambda: os.close(os.open(state / "ledger/tree.db", os.O_RDWR))
    yield "alter the checkpoint", lambda: (state / "ledger/checkpoint").write_bytes(b"x")
    yield "plant a segment", lambda: (state / "ledger/segments/1.journal").write_bytes(b"x")
    yield "remove the tree", lambda: os.rename(state / "ledger/tree.db", state / "connectors/gone")
    yield "link a key", lambda: os.link(state / "keys/token.pem", state / "connectors/linked")
    yield "point to a key", lambda: os.symlink(state / "keys/token.pem", state / "connectors/pointed")
    yield "change a mode", lambda: os.chmod(state / "keys/token.pem", 0o644)
    yield "make a device", lambda: os.mknod(state / "connectors/null", 0o20600, 0x103)


def on_network() -> Iterator[tuple[str, Attack]]:
    """Yield the attacks that reach for another process or machine."""

    def connect() -> None:
        with socket.socket() as end:
            end.settimeout(1)
            try:
                end.connect(("127.0.0.1", PORT + 1))
            except ConnectionRefusedError:
                return  # it got there

    yield "connect to another port", connect
    yield "a socket of this machine", lambda: socket.socket(socket.AF_UNIX)
    yield "datagrams of this machine", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    yield "a pair", socket.socketpair
    yield "MPTCP", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    yield "UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    yield "netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    yield "raw packets", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    yield "kernel crypto", lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
    yield "vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    yield "listen", lambda: socket.socket().listen()
    yield "bind", lambda: socket.socket().bind(("127.0.0.1", 0))
    yield "fast open", lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", PORT + 1))


def on_processes() -> Iterator[tuple[str, Attack]]:
    """Yield the attacks on other processes, and on the kernel."""
    parent = os.getppid()
    yield "fork", lambda: os.fork() or os._exit(0)
    yield "run a program", lambda: subprocess.run(["/bin/true"], check=True)
    yield "signal the parent", lambda: os.kill(parent, 0)
    yield "end the parent", lambda: os.kill(parent, signal.SIGTERM)
    yield "trace the parent", _call(NUMBERS["ptrace"], 16, parent, 0, 0)
    yield "io_uring", _call(425, 1, bytes(200))
    yield "open the parent", _call(434, parent, 0)
    yield "executable memory", _call(NUMBERS["mmap"], 0, 4096, 7, 0x22, -1, 0)
    yield "dump again", _call(NUMBERS["prctl"], 4, 1, 0, 0, 0)


def _call(number: int | None, *arguments: object) -> Attack:
    libc = ctypes.CDLL(None, use_errno=True)

    def attack() -> None:
        if libc.syscall(number, *arguments) == -1:
            raise OSError(ctypes.get_errno(), "refused")

    return attack


def attempt(attack: Attack) -> str:
    """Return what came of an attack."""
    try:
        attack()
    except OSError as fault:
        return type(fault).__name__
    return "ALLOWED"


def main(carrier: str, layers: str, root: str) -> None:
    """Confine this process as a carrier is, and try everything."""
    state = Path(root)
    attacks = [*on_files(state), *on_network(), *on_processes()]
    if layers == "no-landlock":
        isolation.leave_files = lambda reach: 0  # noqa: ARG005
    isolation.confine(CARRIERS[carrier](state))
    sys.stdout.write(json.dumps({name: attempt(attack) for name, attack in attacks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
