"""Which sockets wait for connections on this machine, and whose they are, as the kernel tells it.

Rules of this file: reads /proc and nothing else. Sockets of other people's processes are told apart, so that
no attack knocks on a door that is not the platform's.
"""

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

_PROC: Final = Path("/proc")
_TCP: Final = re.compile(
    r"\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A \S+ \S+ \S+ +(\d+) +\S+ (\d+)"
)
_UNIX: Final = re.compile(r"\S+ \S+ \S+ 00010000 \S+ \S+ +(\d+) (\S+)")
_SOCKET: Final = re.compile(r"socket:\[(\d+)\]")


class Tcp(msgspec.Struct, frozen=True):
    """A TCP port that takes connections on this machine."""

    port: int


class Unix(msgspec.Struct, frozen=True):
    """A unix socket that takes connections; an abstract one begins with `@`."""

    path: str


Listener = Tcp | Unix


def belonging(pids: Collection[int], folder: Path) -> tuple[Listener, ...]:
    """Return the listeners that are, or may be, a platform's.

    Those that its processes hold; those in its folder; and, where one of its processes may not be looked
    into, TCP ports of this user that no other process shows.

    Args:
        pids: the platform's processes.
        folder: its state folder.
    """
    holders, hidden = _holders()
    suspect = not hidden.isdisjoint(pids)
    found: list[Listener] = []
    for inode, uid, port in _tcp():
        held_by = holders.get(inode, set())
        if held_by & {*pids} or (suspect and not held_by and uid == os.getuid()):
            found.append(Tcp(port))
    for inode, path in _unix():
        if holders.get(inode, set()) & {*pids} or path.startswith(f"{folder}/"):
            found.append(Unix(path))
    return tuple(dict.fromkeys(found))


def _holders() -> tuple[dict[int, set[int]], set[int]]:
    """Return inode of a socket -> processes that hold it; and the processes that may not be looked into."""
    holders: dict[int, set[int]] = {}
    hidden: set[int] = set()
    for process in _PROC.iterdir():
        if not process.name.isdigit():
            continue
        pid = int(process.name)
        try:
            descriptors = list((process / "fd").iterdir())
        except PermissionError:
            hidden.add(pid)
            continue
        except OSError:  # it has ended
            continue
        for inode in _sockets(descriptors):
            holders.setdefault(inode, set()).add(pid)
    return holders, hidden


def _sockets(descriptors: Iterable[Path]) -> Iterator[int]:
    for descriptor in descriptors:
        with contextlib.suppress(OSError):  # closed meanwhile
            if found := _SOCKET.fullmatch(str(descriptor.readlink())):
                yield int(found[1])


def _tcp() -> Iterator[tuple[int, int, int]]:
    for name in ("tcp", "tcp6"):
        for line in _lines(name):
            if found := _TCP.match(line):
                yield int(found[4]), int(found[3]), int(found[2], 16)


def _unix() -> Iterator[tuple[int, str]]:
    for line in _lines("unix"):
        if found := _UNIX.fullmatch(line):
            yield int(found[1]), found[2]


def _lines(table: str) -> list[str]:
    try:
        return (_PROC / "net" / table).read_text().splitlines()
    except FileNotFoundError:  # a kernel without this family
        return []
