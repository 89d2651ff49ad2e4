"""Where a rebuilt file goes: it is there in whole or not at all, also after a power loss, and never where a link leads.

Rules of this file: all is done beneath an open folder, so that whoever swaps the folder for a link meanwhile changes nothing. What is
there already is never written over, unless that is asked for; then a link itself is replaced, and never what it leads to.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNLINKED: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})
"""What a file system says that has no second names of a file."""


class Taken(FileExistsError):
    """Something stands where the rebuilt file was to go."""

    def __init__(self, place: Path, what: str) -> None:
        """Name it and what to do."""
        super().__init__(errno.EEXIST, what, str(place))


class Draft:
    """A new file that has no place yet.

    Attributes:
        descriptor: open for reading and writing.
    """

    def __init__(self, folder: int, name: str, descriptor: int) -> None:
        """Take it; `folder` is open."""
        self._folder, self._name, self.descriptor = folder, name, descriptor

    def place(self, name: str, *, force: bool) -> None:
        """Give it its name in its folder, once it is on the disk.

        Args:
            name: of one part.
            force: whether what is there is replaced.
        Raises:
            FileExistsError: something is there.
            OSError: it cannot be placed.
        """
        os.fsync(self.descriptor)
        if force:
            os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        else:
            self._link(name)
        os.fsync(self._folder)

    def _link(self, name: str) -> None:
        try:
            os.link(self._name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder, follow_symlinks=False)
        except OSError as fault:
            if fault.errno not in _UNLINKED:
                raise
            if there(self._folder, name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
            os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def drop(self) -> None:
        """Close it, and take its draft name away."""
        os.close(self.descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._name, dir_fd=self._folder)


@contextmanager
def draft(folder: int) -> Iterator[Draft]:
    """Make a new file in an open folder; unless it was placed, nothing is left of it.

    Raises:
        OSError: it cannot be made.
    """
    name = f".bartizan-{os.urandom(8).hex()}"
    made = Draft(folder, name, os.open(name, _NEW, 0o644, dir_fd=folder))
    try:
        yield made
    finally:
        made.drop()


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """Open a folder that is there, for as long as the block lasts.

    Raises:
        OSError: it is none, or cannot be opened.
    """
    descriptor = os.open(folder, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def below(folder: int, parts: tuple[str, ...]) -> Iterator[int]:
    """Open the folder at a way down from another, and make what is missing of it; no link is followed.

    Raises:
        OSError: a part is no folder.
    """
    at = os.dup(folder)
    try:
        for part in parts:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=at)
            following = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = following
        yield at
    finally:
        os.close(at)


def there(folder: int, name: str) -> bool:
    """Return whether something has a name in an open folder, a link to nothing too."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def whole_folder(place: Path) -> Iterator[int]:
    """Make a new folder that gets its place where the block ends; where it raises, nothing is left.

    Raises:
        Taken: something is there that is no empty folder.
        OSError: it cannot be made.
    """
    if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
        raise Taken(place, "is there already; name a new folder")
    made = place.with_name(f".bartizan-{os.urandom(8).hex()}")
    made.mkdir(0o755)
    try:
        with opened(made) as descriptor:
            yield descriptor
            os.fsync(descriptor)
        made.rename(place)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    with opened(place.parent) as above:
        os.fsync(above)
