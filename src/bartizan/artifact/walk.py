"""What lies in a folder: every entry, hidden ones included, without following anything.

Rules of this file: a folder is opened part by part from the root's descriptor, and never through a link, so that nobody who
renames or links meanwhile leads the walk outside. What is no file, folder or link is told as refused, by name.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from bartizan.artifact import names
from bartizan.artifact.errors import Moving, TooLarge
from bartizan.artifact.manifest import MOST, Kind

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_KINDS: Final[dict[int, Kind]] = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What tells one state of a file from another without reading it; times are nanoseconds of the file system's clock.

    `changed` (ctime) is the one that whoever may write the file cannot set.
    """

    device: int
    inode: int
    octets: int
    modified: int
    changed: int


class Seen(msgspec.Struct, frozen=True):
    """One entry of a folder, as it lies there.

    Attributes:
        name: relative to the root; of one that is refused, as it can be shown.
        kind: what it is; empty where it is refused.
        facts: of it.
        target: of a link.
        refused: why it can be no part of a manifest; empty where it can.
    """

    name: str
    kind: Kind | Literal[""]
    facts: Facts
    target: str = ""
    refused: str = ""


def facts(found: os.stat_result) -> Facts:
    """Return the facts of a file."""
    return Facts(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@contextmanager
def rooted(path: Path) -> Iterator[int]:
    """Open the folder of an artifact, or the folder in which a single file lies, for as long as the block lasts.

    Raises:
        OSError: it cannot be opened.
    """
    folder = path if path.is_dir() else path.parent
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield root
    finally:
        os.close(root)


def walk(root: int) -> list[Seen]:
    """Return everything below a folder, in no order.

    Args:
        root: its descriptor.
    Raises:
        TooLarge: there is more than a manifest holds.
        Moving: a folder was replaced meanwhile.
        OSError: something cannot be read.
    """
    found: list[Seen] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for seen in _listed(root, folder):
            found.append(seen)
            if len(found) > MOST:
                raise TooLarge(MOST)
            if seen.kind == "folder":
                waiting.append(seen.name)
    return found


def _listed(root: int, folder: str) -> Iterator[Seen]:
    descriptor = opened(root, folder, _FOLDER)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                yield _seen(entry, folder, descriptor)
    finally:
        os.close(descriptor)


def _seen(entry: os.DirEntry[str], folder: str, descriptor: int) -> Seen:
    name = f"{folder}/{entry.name}" if folder else entry.name
    try:
        found = entry.stat(follow_symlinks=False)
        kind = _KINDS.get(stat.S_IFMT(found.st_mode))
        target = os.readlink(entry.name, dir_fd=descriptor) if kind == "link" else ""
    except FileNotFoundError:
        raise Moving(name) from None
    return judged(name, kind, facts(found), target)


def judged(name: str, kind: Kind | None, of: Facts, target: str = "") -> Seen:
    """Return an entry, refused where it can be no part of a manifest."""
    if why := names.fault(name):
        return Seen(ascii(name)[1:-1][: names.LONGEST], "", of, refused=why)
    if kind is None:
        return Seen(name, "", of, refused="is a device, a socket or a pipe, which has no content to sign")
    if kind == "link" and (not target.isprintable() or len(target) > names.LONGEST):
        return Seen(name, "", of, refused="is a symbolic link whose target does not print, or is too long")
    return Seen(name, kind, of, target)


def opened(root: int, name: str, flags: int = _FILE) -> int:
    """Open what lies under a name below a folder, through folders alone.

    Args:
        root: descriptor of the folder.
        name: relative to it; empty for itself.
        flags: of open(2), O_NOFOLLOW among them.
    Raises:
        Moving: it is not there any more, or lies behind a link now.
        OSError: it cannot be opened.
    """
    parts = name.split("/") if name else ["."]
    here = root
    try:
        for part in parts[:-1]:
            here = _stepped(here, root, part, _FOLDER)
        return os.open(parts[-1], flags, dir_fd=here)
    except (FileNotFoundError, NotADirectoryError):
        raise Moving(name) from None
    except OSError as fault:
        if fault.errno == errno.ELOOP:
            raise Moving(name) from None
        raise OSError(fault.errno, fault.strerror, name) from fault
    finally:
        if here != root:
            os.close(here)


def _stepped(here: int, root: int, part: str, flags: int) -> int:
    further = os.open(part, flags, dir_fd=here)
    if here != root:
        os.close(here)
    return further
