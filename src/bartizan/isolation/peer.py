"""Which process is at the other end of a unix socket: by the kernel's word, and nothing that it says itself.

Rules of this file: a descriptor holds the process, and /proc is read through a folder that was opened while it lived, so a
number that is given again names nobody here. What was read of it counts if it still lives afterwards and still runs the
same file. A file is digested only where nobody but the machine's own administrator can have it lie: a file system of
the kernel's own, mounted for the process's own name space, in our own user name space. What cannot be read is not known.
Source: unix(7), pidfd_open(2), proc(5), user_namespaces(7).
"""

import contextlib
import hashlib
import os
import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

SO_PEERPIDFD: Final = 77
"""Since Linux 6.5; Python does not name it."""
LARGEST: Final = 512 << 20
"""Octets of a file that is digested; a larger one is not."""
LOCAL: Final = frozenset(
    {"bcachefs", "btrfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "squashfs", "tmpfs"}
    | {"xfs", "zfs"}
)
"""File systems whose content no user's process and no other machine serves."""
_TEXT: Final = 1 << 20
_CREDENTIALS: Final = struct.Struct("=iII")
_START_AT: Final = 19
"""Of the start among the words of /proc/PID/stat after the command's name."""


class PeerUnknown(Exception):  # house style: an error names the fault
    """The kernel does not say for sure who the peer is; `reason` is a word for the record."""

    def __init__(self, reason: str) -> None:
        """Carry the word."""
        super().__init__(f"the peer of the socket is not known: {reason}")
        self.reason = reason


class Executable(msgspec.Struct, frozen=True):
    """The file that a process runs.

    Attributes:
        device, inode: which it is.
        descriptor: of it, which does not open it.
        local: whether nobody but the administrator can have it lie.
    """

    device: int
    inode: int
    descriptor: int
    local: bool


class Peer(msgspec.Struct, frozen=True):
    """A process, for as long as it is looked at.

    Attributes:
        uid, gid: effective when it connected.
        pidfd: holds it.
        folder: its folder in /proc, opened while it lived.
    """

    uid: int
    gid: int
    pidfd: int
    folder: int

    def alive(self) -> bool:
        """Return whether it has not ended."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return not poll.poll(0)

    def cgroup(self) -> str:
        """Return its path in the hierarchy of version 2, as this process sees it; empty where there is none."""
        for line in self._text("cgroup").splitlines():
            if line.startswith("0::/"):
                return line[3:]
        return ""

    @contextlib.contextmanager
    def executable(self) -> Iterator[Executable]:
        """Yield what it runs.

        Raises:
            PeerUnknown: another user's process that this one may not look into.
        """
        fd = self._open("exe", os.O_PATH)
        try:
            found = os.fstat(fd)
            yield Executable(found.st_dev, found.st_ino, fd, self._is_local(fd))
        finally:
            os.close(fd)

    def sha256(self, executable: Executable) -> str:
        """Return the digest of what it runs, in hexadecimal.

        Raises:
            PeerUnknown: of a file system that can lie, too large, or not readable.
        """
        if not executable.local:
            raise PeerUnknown("executable-not-local")
        fd = self._open("exe", os.O_RDONLY)
        with os.fdopen(fd, "rb", buffering=0) as file:
            found = os.fstat(fd)
            if (found.st_dev, found.st_ino) != (executable.device, executable.inode):
                raise PeerUnknown("executable-changed")
            if found.st_size > LARGEST:
                raise PeerUnknown("executable-too-large")
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _is_local(self, fd: int) -> bool:
        """Return whether a file is where only the administrator can have mounted something; asks no file system."""
        ours = Path("/proc/self/ns/user").stat()
        try:
            theirs = os.stat("ns/user", dir_fd=self.folder)
        except OSError as fault:
            raise PeerUnknown("not-readable") from fault
        if (ours.st_dev, ours.st_ino) != (theirs.st_dev, theirs.st_ino):
            return False
        mount = _field(Path(f"/proc/self/fdinfo/{fd}").read_text(), "mnt_id")
        for line in self._text("mountinfo").splitlines():
            place, _, kind = line.partition(" - ")
            if place.split(" ", 1)[0] == mount:
                return kind.split(" ", 1)[0] in LOCAL
        return False

    def _text(self, name: str) -> str:
        with os.fdopen(self._open(name, os.O_RDONLY), "rb") as file:
            try:
                return file.read(_TEXT).decode("utf-8", "backslashreplace")
            except OSError as fault:
                raise PeerUnknown("gone") from fault

    def _open(self, name: str, flags: int) -> int:
        try:
            return os.open(name, flags | os.O_CLOEXEC, dir_fd=self.folder)
        except ProcessLookupError as fault:
            raise PeerUnknown("gone") from fault
        except OSError as fault:
            raise PeerUnknown("not-readable") from fault


@contextlib.contextmanager
def peer_of(connection: socket.socket, accepted: int) -> Iterator[Peer]:
    """Yield who connected, if it still lives; a child that got the connection from it is not told apart from it.

    Args:
        connection: a connected unix stream.
        accepted: `CLOCK_BOOTTIME` in nanoseconds when it was taken; only a kernel before 6.5 needs it, which does not
            hold the process for us.
    Raises:
        PeerUnknown: it is gone, or of another name space of processes, or another process has its number.
    """
    pid, uid, gid = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    if pid <= 0:
        raise PeerUnknown("elsewhere")
    with contextlib.ExitStack() as opened:
        pidfd, held = _pidfd(connection, pid)
        opened.callback(os.close, pidfd)
        if _field(Path(f"/proc/self/fdinfo/{pidfd}").read_text(), "Pid") != str(pid):
            raise PeerUnknown("gone")
        try:
            folder = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as fault:
            raise PeerUnknown("gone") from fault
        opened.callback(os.close, folder)
        peer = Peer(uid, gid, pidfd, folder)
        # alive after its folder was opened: the folder is its own, and no successor's
        if not peer.alive():
            raise PeerUnknown("gone")
        if not held and _started(peer) > accepted:
            raise PeerUnknown("another")
        yield peer


def _pidfd(connection: socket.socket, pid: int) -> tuple[int, bool]:
    """Return a descriptor that holds a process, and whether the kernel held it since it connected."""
    try:
        return connection.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD), True
    except ProcessLookupError as fault:
        raise PeerUnknown("gone") from fault
    except OSError:
        pass  # a kernel before 6.5
    try:
        return os.pidfd_open(pid), False
    except OSError as fault:
        raise PeerUnknown("gone") from fault


def _started(peer: Peer) -> int:
    """Return when a process was started: `CLOCK_BOOTTIME` in nanoseconds, to a tick."""
    words = peer._text("stat").rpartition(")")[2].split()  # noqa: SLF001  # of this file
    return int(words[_START_AT]) * 10**9 // os.sysconf("SC_CLK_TCK")


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        found, _, value = line.partition(":")
        if found == name:
            return value.strip()
    return ""
