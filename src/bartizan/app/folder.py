"""The state folder: what lies where, and that only its owner can reach it.

Rules of this file: every path of the state folder is named here and nowhere else. The folder is 0700, it
carries a `.gitignore` that hides it, and one platform at a time holds its lock.
"""

import contextlib
import fcntl
import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

NAMES: Final = frozenset(
    {
        ".gitignore",
        "artifacts.json",
        "audit",
        "ca.pem",
        "connectors",
        "keys",
        "ledger",
        "model",
        "provenance",
        "run",
        "store.db",
    }
    | {"store.db-journal", "store.db-shm", "store.db-wal", "store.reserve"}
    | {"signins.db", "signins.db-journal"}
    | {"evidence.db", "evidence.db-journal", "evidence.db-shm", "evidence.db-wal"}
)
"""What a state folder holds; a folder with anything else in it is somebody's, and is neither taken nor deleted."""
_LOCK: Final = "lock"
_LOCK_FIELDS: Final = 8
"""Words of a line of /proc/locks. Source: proc_locks(5)."""
_TRIES, _TRY_SECONDS = 20, 0.05
"""How often, and how soon, the platform tries to take the lock from somebody who may only be looking."""


class FolderRefused(OSError):
    """The state folder cannot be used; the message says what to do."""


class PlatformRunning(RuntimeError):
    """Another platform holds this state folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(f"a platform is running on {folder}; stop it with `bartizan down --state {folder}`")
        self.folder = folder


class Folder(msgspec.Struct, frozen=True):
    """Paths of one installation's state."""

    root: Path

    @property
    def authority(self) -> Path:
        """The server authority's certificate, which clients trust."""
        return self.root / "ca.pem"

    @property
    def keys(self) -> Path:
        """Private keys, one file each."""
        return self.root / "keys"

    @property
    def client_authority(self) -> Path:
        """The client authority's certificate, which control knows workloads by."""
        return self.keys / "client-authority.crt"

    @property
    def ledger(self) -> Path:
        """The tree, its checkpoint and its public keys."""
        return self.root / "ledger"

    @property
    def segments(self) -> Path:
        """Journal segments that are not yet wholly in the tree."""
        return self.ledger / "segments"

    @property
    def reserve(self) -> Path:
        """Room that is given back so that the owner can revoke although the disk is full."""
        return self.root / "store.reserve"

    @property
    def audited(self) -> Path:
        """The largest checkpoint that an audit has verified; not beside the ledger, so that it is not rolled back with it."""
        return self.root / "audit" / "checkpoint"

    @property
    def artifacts(self) -> Path:
        """Which artifacts are verified again and again, and by whose keys."""
        return self.root / "artifacts.json"

    @property
    def artifact_key(self) -> Path:
        """The private keys that artifacts are signed with; `.pub` after its name has the public ones."""
        return self.keys / "artifacts.pem"

    @property
    def lineage(self) -> Path:
        """The graph of all steps, which is made anew out of the record where it is gone."""
        return self.root / "provenance" / "graph"

    @property
    def lineage_key(self) -> Path:
        """The key under which that file is."""
        return self.keys / "provenance.key"

    @property
    def waiting_steps(self) -> Path:
        """Steps that are to go on record, one file each."""
        return self.root / "provenance" / "waiting"

    @property
    def artifact_names(self) -> Path:
        """What people call artifacts; proves nothing, and can be deleted."""
        return self.root / "provenance" / "names.db"

    @property
    def signins(self) -> Path:
        """Sign-ins of foreign logs, and whose pseudonyms are whose."""
        return self.root / "signins.db"

    @property
    def evidence(self) -> Path:
        """What the guard found, sealed, for as long as it is kept."""
        return self.root / "evidence.db"

    @property
    def evidence_key(self) -> Path:
        """The private key that it is opened with."""
        return self.keys / "evidence.key"

    @property
    def connectors(self) -> Path:
        """How far each connector has come, one small file each."""
        return self.root / "connectors"

    @property
    def run(self) -> Path:
        """What lives only while the platform runs."""
        return self.root / "run"

    @property
    def status(self) -> Path:
        """The supervisor's view of its processes, JSON."""
        return self.run / "status.json"

    @property
    def log(self) -> Path:
        """What the processes print, in case something goes wrong; ids and faults, no content."""
        return self.run / "platform.log"

    @property
    def owner_socket(self) -> Path:
        """Where the owner's commands are answered."""
        return self.run / "owner.sock"

    @property
    def control_socket(self) -> Path:
        """Where the control process answers the gateway."""
        return self.run / "control.sock"

    @property
    def workload_socket(self) -> Path:
        """Where workloads get their certificates, where configuration names no other place."""
        return self.run / "workload.sock"

    @property
    def generation(self) -> Path:
        """The generation counter that workers map."""
        return self.run / "generation"

    def make(self) -> None:
        """Make what is missing, readable by the owner alone; a folder that holds other things is left as it is.

        Raises:
            FolderRefused: not a folder, another user's, one with something else in it, or not writable.
        """
        try:
            self.root.mkdir(mode=0o700, exist_ok=True)
            self._claim()
            for path in (self.keys, self.ledger, self.segments, self.run):
                path.mkdir(mode=0o700, exist_ok=True)
                _require_own(path)
            hidden = self.root / ".gitignore"
            if not hidden.exists():
                hidden.write_text("*\n")
        except FileExistsError as fault:
            raise FolderRefused(
                f"{fault.filename} is not a folder; remove it or name another with --state"
            ) from fault
        except FolderRefused:
            raise
        except OSError as fault:
            raise FolderRefused(
                f"cannot use {fault.filename or self.root}: {fault.strerror}; name a folder with --state"
            ) from fault

    def _claim(self) -> None:
        """Take the folder for its owner alone, if it is one that Bartizan may take."""
        if self.root.stat().st_uid != os.geteuid():
            raise FolderRefused(
                f"{self.root} belongs to another user; name a folder of your own with --state"
            )
        there = {entry.name for entry in self.root.iterdir()} - {
            "lost+found"
        }  # a mounted volume brings its own
        foreign = sorted(there - NAMES)
        if foreign:
            raise FolderRefused(
                f"{self.root} holds {foreign[0]}, which is not Bartizan's; name a new or empty folder with --state"
            )
        if there:
            _require_own(self.root)
        self.root.chmod(0o700)

    @contextlib.contextmanager
    def locked(self, *, platform: bool = False) -> Iterator[None]:
        """Hold the folder: for the platform that runs on it, or for a moment in which none may.

        Args:
            platform: whether this process is the platform, which `holder` then finds; such a one waits for
                those who only look.
        Raises:
            PlatformRunning: another holds it.
        """
        fd = self._take_lock(_TRIES if platform else 1)
        try:
            if platform:
                os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            if platform:
                os.ftruncate(fd, 0)
            os.close(fd)

    def holder(self) -> int | None:
        """Return the process id of the platform that runs on this folder, None where there is none.

        Whoever wrote the number may be long gone and the number another's: it counts only while the kernel
        names that process as the holder of the lock.

        Raises:
            PermissionError: this user may not look, so nothing can be said.
        """
        try:
            pid = int((self.run / _LOCK).read_bytes()[:20])
            inode = (self.run / _LOCK).stat().st_ino
        except PermissionError:
            raise
        except (OSError, ValueError):
            return None
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        held = any(
            lock[1] == "FLOCK" and lock[4] == str(pid) and lock[5].rpartition(":")[2] == str(inode)
            for lock in locks
            if len(lock) == _LOCK_FIELDS
        )
        return pid if held and pid > 0 else None

    def _take_lock(self, tries: int) -> int:
        for left in range(tries - 1, -1, -1):
            fd = os.open(self.run / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
            else:
                if os.fstat(fd).st_nlink:  # else whoever held it has deleted it with the folder
                    return fd
                os.close(fd)
            if left:
                select.select([], [], [], _TRY_SECONDS)
        raise PlatformRunning(self.root)


def _require_own(path: Path) -> None:
    """Refuse a folder in which somebody else could have laid something: a link, a key, a folder to write keys to.

    Raises:
        FolderRefused: another user's, or writable for others.
    """
    found = path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise FolderRefused(
            f"others could have written to {path}; look at what is in it, then `chmod go-w` it, or name another "
            "folder with --state"
        )
