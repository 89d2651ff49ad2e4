"""Finding the files of a model, a data set or a repository, hidden ones included, without leaving it.

Rules of this file: nothing but regular files is opened, and each is opened so that nothing waits or is set off by it. A link is
followed where it stays within the repository; one that leads out is told and not followed, since what it shows depends on the
machine. What cannot be looked at is told, never left out.
"""

import itertools
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bartizan.supply.subject import Reason, Standing

MOST_FILES: Final = 1_000_000
"""Files of one path that is scanned."""
DEEPEST: Final = 64
"""Folders within one another."""
_OPENING: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CACHED: Final = ("models--", "datasets--", "spaces--")
"""How Hugging Face's cache begins the names of its repositories."""


class Found(NamedTuple):
    """Something that stands under a path.

    Attributes:
        path: as it is told: the path that was named, and the way down from there.
        place: within what was named, parts joined by `/`; the name alone where a file was named.
        fault: why it is no file that can be read; None where it can be opened.
    """

    path: Path
    place: str
    fault: Reason | None = None


class Repository(NamedTuple):
    """What a path that was named belongs to.

    Attributes:
        named: the path as a person named it.
        root: its real folder, all of which is walked where it was named itself.
        within: the real folder that no link may leave: the root, or the cached repository that it is a snapshot of.
    """

    named: Path
    root: Path
    within: Path


class Refused(Exception):
    """What was found is not opened; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason.what)
        self.reason = reason


def walk(named: Path) -> Iterator[Found]:
    """Yield what stands under a path in order of name, folder by folder; the path itself where it is a file.

    Raises:
        OSError: the path itself is not there, or cannot be looked at.
    """
    if not stat.S_ISDIR(named.stat().st_mode):
        yield Found(named, named.name)
        return
    with os.scandir(named):
        pass  # that it can be listed at all
    left = MOST_FILES
    for found in _under(named, "", DEEPEST):
        if not left:
            what = f"there are more than {MOST_FILES} files; scan its folders one by one"
            yield Found(named, "", _unknown("too-many-files", what))
            return
        left -= 1
        yield found


def _under(folder: Path, place: str, deeper: int) -> Iterator[Found]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda each: os.fsencode(each.name))
    except OSError as fault:
        yield Found(folder, place, _unreadable(fault))
        return
    for entry in entries:
        within = f"{place}/{entry.name}" if place else entry.name
        path = folder / entry.name
        if not entry.is_dir(follow_symlinks=False):
            yield Found(path, within)
        elif deeper:
            yield from _under(path, within, deeper - 1)
        else:
            yield Found(path, within, _unknown("too-deep", "folders are within one another too deeply"))


def repository(named: Path) -> Repository:
    """Return what a path belongs to.

    Source: Hugging Face's cache: `models--OWNER--NAME/snapshots/REVISION`, whose files are links into `blobs`.
    """
    real = named.resolve()
    root = real if real.is_dir() else real.parent
    above = (root, *root.parents)
    for folder, parent in itertools.pairwise(above):
        if folder.name == "snapshots" and parent.name.startswith(_CACHED):
            return Repository(named, root, parent)
    return Repository(named, root, root)


@contextmanager
def opening(path: Path, within: Repository) -> Iterator[int]:
    """Open a regular file for reading, for as long as the block lasts.

    Args:
        path: of what `walk` found; the very path that a person named may be a link to anywhere.
        within: what it was found in.
    Raises:
        Refused: it is no regular file, leads out, or cannot be read.
    """
    descriptor = _opened(path, within)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(_NO_FILE)
        real = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path != within.named and within.within not in real.parents:
            raise Refused(_LEADS_OUT)
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(path: Path, within: Repository) -> int:
    """Return a descriptor; what is no regular file is not opened, for a device may act on being opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Refused(_TO_FOLDER if within.root in (path.resolve() / "x").parents else _LEADS_OUT)
        if not stat.S_ISREG(mode):
            raise Refused(_NO_FILE)
        return os.open(path, _OPENING)
    except FileNotFoundError:
        raise Refused(_BROKEN) from None
    except (OSError, RuntimeError) as fault:
        raise Refused(_unreadable(fault)) from None


def _unknown(word: str, what: str) -> Reason:
    return Reason(word, what, Standing.UNKNOWN)


def _unreadable(fault: OSError | RuntimeError) -> Reason:
    return _unknown(
        "unreadable",
        f"it cannot be read: {getattr(fault, 'strerror', 'links lead in a circle')}; scan it as somebody who may",
    )


_NO_FILE: Final = _unknown(
    "no-regular-file", "it is a device, a pipe or a socket, which holds no model; remove it"
)
_TO_FOLDER: Final = Reason(
    "link-to-folder", "it is a link to a folder that is read where it stands", Standing.INERT
)
_LEADS_OUT: Final = _unknown(
    "link-leads-out", "it is a link that leads out of the repository; put the file itself there"
)
_BROKEN: Final = _unknown("link-broken", "it is a link to nothing; get what it is to lead to, or remove it")
