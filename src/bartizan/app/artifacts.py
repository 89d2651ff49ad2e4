"""Artifacts and the platform: whose keys sign them here, what of it goes on record, and which are verified again and again.

Rules of this file: without a platform everything works the same, and nothing is on record. Which artifacts are kept, and by whose
keys, stands in the owner's own folder: nothing that an artifact brings along chooses who is trusted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.artifact.cache import cache_key, encoded, load
from bartizan.artifact.digest import Digests
from bartizan.artifact.errors import ArtifactFault
from bartizan.artifact.keys import MOST_OCTETS, Signer, Verifier, parsed
from bartizan.artifact.walk import Facts
from bartizan.artifact.write import written
from bartizan.crypto import keyring
from bartizan.crypto.secret import Secret
from bartizan.ledger.event import Outcome
from bartizan.supply.controls import artifact_signed
from bartizan.supply.sign import Signed
from bartizan.supply.subject import Attestation
from bartizan.supply.verify import Verified

PUBLIC: Final = ".pub"
"""What the name of a file of public keys has after the private one's."""
CACHE: Final = ".cache"
"""What the name of a signing key's cache has after the key's."""
MOST: Final = 500
"""Artifacts that are kept."""


class FileMissing(ArtifactFault):
    """A file of keys or signatures is not there, or too large."""

    def __init__(self, file: Path, what: str) -> None:
        """Name the file and what to do."""
        super().__init__(f"{file}: {what}")


class Kept(msgspec.Struct, frozen=True):
    """An artifact that is verified again and again.

    Attributes:
        path, attestation: where they lie.
        trusted: public keys of whoever is trusted for it, PEM.
    """

    path: str
    attestation: str
    trusted: str


# ---- keys ---------------------------------------------------------------------------------------------------
def make_keys(file: Path) -> bool:
    """Make a file of private keys where there is none, and the public ones beside it; return whether it was made.

    Raises:
        KeyExposed, KeyUnreadable, KeysUnusable: there is one that cannot be used.
    """
    made = False

    def pem() -> Secret:
        nonlocal made
        made = True
        return Signer.generate().pem()

    signer = Signer.from_pem(keyring.load_or_create(file, pem))
    written(public(file), signer.verifier.pem())
    return made


def public(file: Path) -> Path:
    """Return where the public keys of a private key file lie."""
    return file.with_name(file.name + PUBLIC)


def cache_file(file: Path) -> Path:
    """Return where the digests that are known to a signing key lie."""
    return file.with_name(file.name + CACHE)


def load_signer(file: Path) -> tuple[Signer, Secret]:
    """Return the keys of a private key file, and the key of its cache.

    Raises:
        FileMissing, KeyExposed, KeyUnreadable, KeysUnusable.
    """
    try:
        pem = keyring.load(file)
    except FileNotFoundError:
        raise FileMissing(file, "there is no such key; make one with `bartizan sign-key FILE`") from None
    return Signer.from_pem(pem), cache_key(pem)


def load_verifier(file: Path) -> Verifier:
    """Return the keys of a file of public keys.

    Raises:
        FileMissing, KeysUnusable; OSError.
    """
    return parsed(read(file, MOST_OCTETS, "there are no public keys; name them with --public-key FILE"))


def read(file: Path, most: int, missing: str) -> bytes:
    """Return what a file of at most so many octets holds.

    Raises:
        FileMissing: it is not there, or larger; the words say what to do.
        OSError: it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            octets = stream.read(most + 1)
    except FileNotFoundError:
        raise FileMissing(file, missing) from None
    if len(octets) > most:
        raise FileMissing(file, f"is larger than {most} octets")
    return octets


def known(file: Path, key: Secret) -> Mapping[Facts, Digests]:
    """Return the digests that a signing key knows already."""
    return load(cache_file(file), key)


def remember(file: Path, key: Secret, rows: Mapping[Facts, Digests]) -> bool:
    """Keep digests for the next time; return whether they could be kept."""
    try:
        written(cache_file(file), encoded(rows, key), 0o600)
    except OSError:
        return False
    return True


# ---- on record ----------------------------------------------------------------------------------------------
def record_signed(folder: Folder, signed: Signed) -> bool:
    """Put on record that an artifact was signed, where a platform runs; return whether one does.

    Raises:
        PlatformSilent, OwnerRefused: it does, and takes nothing.
    """
    detail = {"digest": signed.digest, "key": signed.signer, "files": signed.files, "octets": signed.octets}
    return _reported(
        folder, {"kind": "supply.artifact.signed", "outcome": Outcome.DONE.value, "detail": detail}
    )


def record_verified(folder: Folder, found: Verified, form: str) -> bool:
    """Put on record what verifying an artifact came to, where a platform runs; return whether one does.

    Raises:
        PlatformSilent, OwnerRefused: it does, and takes nothing.
    """
    return _reported(folder, verified_event(found, form))


def verified_event(found: Verified, form: str) -> dict[str, Any]:
    """Return what verifying an artifact came to, as an event."""
    judged = artifact_signed.judge(attestation(found))
    reason = "unproven" if found.fault else "differs" if found.differences else "none"
    detail = {"form": form, "differences": len(found.differences), "reason": reason}
    return {
        "kind": "supply.artifact.verified",
        "outcome": (Outcome.FOUND if judged else Outcome.CLEARED).value,
        "control": artifact_signed.CONTROL.id,
        "detail": detail | ({"digest": found.digest} if found.digest else {}),
    }


def attestation(found: Verified) -> Attestation:
    """Return what verifying came to, as the control reads it."""
    return Attestation(
        signed=True,
        proven=not found.fault,
        quantum_safe="ml-dsa-65" in found.signatures,
        differences=len(found.differences),
    )


def _reported(folder: Folder, event: dict[str, Any]) -> bool:
    if folder.holder() is None:
        return False
    from bartizan.app.owner import Owner  # noqa: PLC0415 - dear, and most who sign have no platform here

    Owner(folder).report([event])
    return True


# ---- kept ---------------------------------------------------------------------------------------------------
def kept(folder: Folder) -> tuple[Kept, ...]:
    """Return the artifacts that are kept.

    Raises:
        FileMissing: the list cannot be read.
    """
    if not folder.artifacts.exists():
        return ()
    octets = read(folder.artifacts, MOST * (MOST_OCTETS + 10_000), "")
    try:
        return msgspec.json.decode(octets, type=tuple[Kept, ...])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FileMissing(
            folder.artifacts, "is no list of artifacts; remove it, and keep them anew"
        ) from None


def keep(folder: Folder, one: Kept) -> None:
    """Keep an artifact; one of the same path is replaced.

    Raises:
        FileMissing: there are too many.
    """
    others = [each for each in kept(folder) if each.path != one.path]
    if len(others) >= MOST:
        raise FileMissing(folder.artifacts, f"{MOST} artifacts are kept already; let one go with --forget")
    written(folder.artifacts, msgspec.json.encode([*others, one]), 0o600)


def forget(folder: Folder, path: Path) -> bool:
    """Let an artifact go; return whether it was kept."""
    there = kept(folder)
    others = [each for each in there if each.path != str(path)]
    if len(others) != len(there):
        written(folder.artifacts, msgspec.json.encode(others), 0o600)
    return len(others) != len(there)
