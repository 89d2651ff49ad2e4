"""Why a TCP port cannot be listened on: who holds it, as far as this user may look, or what the kernel says.

Rules of this file: it reads /proc, and every read is bounded; what may not be looked at is said to be another
user's. Nothing is left listening.
"""

import contextlib
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from typing_extensions import override

LISTENING: Final = "0A"
"""State of a listening socket in /proc/net/tcp."""
_MOST_LINES: Final = 100_000
_MOST_PROCESSES: Final = 50_000


class Holder(msgspec.Struct, frozen=True):
    """Who listens on a port.

    Attributes:
        pid: the process; 0 where this user may not see it.
        command: its name, or empty.
        uid: the user who made the socket.
    """

    pid: int
    command: str
    uid: int

    @override
    def __str__(self) -> str:
        """Return the holder in words."""
        if self.pid:
            return f"process {self.pid} ({self.command})"
        return f"a process of user {self.uid}" if self.uid != os.geteuid() else "a process out of sight"


def refusal(host: str, port: int) -> str:
    """Return why the kernel does not let this user listen on an address; empty where it does.

    Args:
        host: an IP address without brackets.
        port: from 0.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as fault:
            return os.strerror(fault.errno or 0)
    return ""


def holder(host: str, port: int, proc: Path = Path("/proc")) -> Holder | None:
    """Return who keeps this address from being listened on; None where nobody is seen.

    Args:
        host: an IP address without brackets.
        port: from 1.
        proc: where the kernel's tables are.
    """
    for inode, uid in _sockets(host, port, proc):
        for pid in _processes(proc):
            if _has(proc / str(pid), inode):
                return Holder(pid, _command(proc / str(pid)), uid)
        return Holder(0, "", uid)
    return None


def _sockets(host: str, port: int, proc: Path) -> Iterator[tuple[str, int]]:
    """Yield inode and user of each listening socket that covers the address."""
    wanted = _ip(host)
    for table in ("tcp", "tcp6"):
        for line in _lines(proc / "net" / table):
            fields = line.split()
            if len(fields) < 10 or fields[3] != LISTENING:  # noqa: PLR2004 - the inode is the tenth field
                continue
            address, _, number = fields[1].partition(":")
            held = _ip(_address(address))
            if int(number, 16) == port and (held == wanted or held.is_unspecified or wanted.is_unspecified):
                yield fields[9], int(fields[7])


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _address(digits: str) -> str:
    """Return an address of /proc/net/tcp, which prints words of the host's byte order in hexadecimal."""
    words = [int(digits[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(digits), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words))


def _lines(table: Path) -> Iterator[str]:
    try:
        with table.open() as lines:
            next(lines, "")
            for _number, line in zip(range(_MOST_LINES), lines, strict=False):
                yield line
    except OSError:
        return


def _processes(proc: Path) -> Iterator[int]:
    names = (entry.name for entry in proc.iterdir())
    for _number, name in zip(range(_MOST_PROCESSES), names, strict=False):
        if name.isdigit():
            yield int(name)


def _has(process: Path, inode: str) -> bool:
    with contextlib.suppress(OSError):
        for entry in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(entry) == f"socket:[{inode}]":  # noqa: PTH115 - no path, a name of the kernel's
                    return True
    return False


def _command(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return "gone"
