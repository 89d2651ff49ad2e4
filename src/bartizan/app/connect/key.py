"""The key by which a local proxy knows its user's programs: random, in a file that only this user can read.

Rules of this file: a port of 127.0.0.1 is open to every user of the machine and, through a browser, to every page; the
key is what they do not have. It lies in a file and not on the screen, lives as long as the proxy, and is never an
argument of a process.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bartizan.crypto.secret import Secret

_OCTETS: Final = 24
_RUNTIME: Final = "XDG_RUNTIME_DIR"


class KeyFolderUnsafe(OSError):
    """The folder for keys is one that others could write to or have laid; the message says what to do."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(
            f"{folder} is not this user's alone: remove it, or name a key of your own with --key file:PATH"
        )
        self.folder = folder


def key_folder(environ: Mapping[str, str]) -> Path:
    """Return this user's folder for what lives as long as its processes.

    Source: XDG Base Directory Specification: XDG_RUNTIME_DIR is the user's, 0700, and goes with the last log-out.
    """
    given = environ.get(_RUNTIME, "")
    if given.startswith("/"):
        return Path(given) / "bartizan"
    return Path("/tmp") / f"bartizan-{os.geteuid()}"  # noqa: S108 - made 0700, and checked to be ours, before use


@contextlib.contextmanager
def key_file(folder: Path, port: int) -> Iterator[tuple[Path, Secret]]:
    """Make a new key; yield its file and it; remove the file in the end.

    Args:
        folder: for it; made where it is missing.
        port: of the proxy, which no other process has.
    Raises:
        KeyFolderUnsafe: the folder is not this user's alone.
        OSError: the file cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise KeyFolderUnsafe(folder)
    file = folder / f"connect-{port}.key"
    file.unlink(missing_ok=True)  # of a proxy that was killed: the port is ours now
    made = Secret(secrets.token_urlsafe(_OCTETS).encode())
    with open(file, "xb", opener=_private) as opened:
        opened.write(made.reveal() + b"\n")
    try:
        yield file, made
    finally:
        with contextlib.suppress(OSError):
            if made.matches(
                file.read_bytes().rstrip()
            ):  # else the port has a new proxy by now, and this is its key
                file.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
