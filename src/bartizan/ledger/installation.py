"""A ledger's folder: its name, its keys, and the lock that says who fills it.

    ledger/tree.db          the tree and its entries        ledger/segments/N.journal   what is not yet sealed
    ledger/keys.pub         the two public keys             ledger/checkpoint           the last signed note
    ledger/lock             who holds it fills the tree     ledger/cosigned/witnessed   the last that witnesses cosigned

Rules of this file: the name and the public keys are written once, when the ledger begins, and never replaced.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bartizan.crypto.keyring import load_or_create, sync_folder
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import MOST_OCTETS, Signers, Verifiers, parse_verifiers

KEYS: Final = "keys.pub"
CHECKPOINT: Final = "checkpoint"
WITNESSED: Final = "cosigned/witnessed"
"""The latest checkpoint that enough witnesses have cosigned; in a folder of its own, which is all that its writer may write to."""
SEGMENTS: Final = "segments"
RESERVE: Final = "reserve"
RESERVED: Final = 16 << 20
"""File, and its octets, that keep room: given back where the disk is full, so that sealing goes on, which gives segments back."""
LOCK: Final = "lock"
KEY_FILES: Final = {
    Algorithm.ED25519: "ledger-ed25519.pem",
    Algorithm.ML_DSA_44: "ledger-mldsa44.pem",
}


class PlatformRunning(Exception):
    """Another process fills this ledger."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(f"a running platform keeps the ledger in {folder}; ask it instead")
        self.folder = folder


class KeysReplaced(Exception):
    """The private keys are not those that the ledger began with."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(
            f"the keys do not belong to the ledger in {folder}: its {KEYS} names others. Restore the key "
            f"files, or move the ledger away to begin a new one"
        )
        self.folder = folder


def segment_path(folder: Path, number: int) -> Path:
    """Return where a segment lies."""
    return folder / SEGMENTS / f"{number:016d}.journal"


def take_lock(folder: Path) -> int:
    """Return the descriptor of the lock; closing it, or dying, gives it back.

    Raises:
        PlatformRunning: another process holds it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise PlatformRunning(folder) from None
    return lock


def load_signers(keys: Path, folder: Path, random: Callable[[int], bytes] = os.urandom) -> Signers:
    """Return the ledger's keys and name; both are made where the ledger does not exist yet.

    Args:
        keys: folder of private keys.
        folder: of the ledger.
        random: octets for a new name.
    Raises:
        KeysReplaced: the ledger exists under other keys.
        KeyExposed, KeyUnreadable: a key file cannot be used.
    """
    ed25519, ml_dsa_44 = (
        SigningKey.from_pem(
            algorithm, load_or_create(keys / KEY_FILES[algorithm], SigningKey.generate(algorithm).pem)
        )
        for algorithm in (Algorithm.ED25519, Algorithm.ML_DSA_44)
    )
    known = load_verifiers(folder)
    origin = known.origin if known else f"bartizan.local/{random(8).hex()}"
    signers = Signers(origin, ed25519, ml_dsa_44)
    if known is None:
        write_whole(folder / KEYS, signers.verifiers.encode())
    elif known.encode() != signers.verifiers.encode():
        raise KeysReplaced(folder)
    return signers


def load_verifiers(folder: Path) -> Verifiers | None:
    """Return the public keys that lie beside the ledger; None where it has not begun.

    Who can rewrite the ledger can rewrite this file: keys that were kept elsewhere prove more.

    Raises:
        CheckpointMalformed: the file does not hold two keys.
    """
    text = read_small(folder / KEYS)
    return parse_verifiers(text) if text else None


def read_small(path: Path) -> bytes:
    """Return the first octets of a small file, at most one more than a note may have; empty where it is missing."""
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_OCTETS + 1)
    except FileNotFoundError:
        return b""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there in whole or as it was before, also after a power loss."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "wb"
    ) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync_folder(path.parent)
