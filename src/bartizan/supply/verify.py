"""Verifying an artifact: its signatures, then every octet of it; every difference by name.

Rules of this file: signatures come first, and nothing of an attestation is believed before. Files are always read: there is no cache
here. What lies in the artifact and outside its signature is a difference too, unless it is a signature of the same keys.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bartizan.artifact import dsse, keys
from bartizan.artifact.compare import Difference, Word, differences
from bartizan.artifact.dsse import IN_TOTO, MOST_OCTETS
from bartizan.artifact.errors import Malformed, Moving, Unproven
from bartizan.artifact.inventory import Inventory, Request, take
from bartizan.artifact.keys import KeysUnusable, Verifier
from bartizan.artifact.manifest import LONGEST_FILE, Algorithm, Entry, Manifest
from bartizan.artifact.walk import opened, rooted
from bartizan.supply import attested, openssf

PAIR: Final = ("ed25519", "ml-dsa-65")


class Verified(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        name: of the artifact, as it was signed.
        digest: that stands for it, as it was signed; SHA-256 in hexadecimal. Empty where the signatures prove nothing.
        signatures: algorithms of those that hold.
        files: that were signed.
        differences: between then and now.
        fault: what is wrong with the signatures; empty where nothing is.
    """

    name: str = ""
    digest: str = ""
    signatures: tuple[str, ...] = ()
    files: int = 0
    differences: tuple[Difference, ...] = ()
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether the artifact is what was signed, and nothing else."""
        return not self.fault and not self.differences


def verify(path: Path, attestation: bytes, verifier: Verifier) -> Verified:
    """Return what is found of an artifact by Bartizan's attestation.

    Args:
        path: of the artifact.
        attestation: octets of its file.
        verifier: whom is trusted; both keys.
    Raises:
        Malformed: the attestation is none.
        KeysUnusable: the verifier has not both keys.
        TooLarge, Moving; OSError: the artifact cannot be read.
    """
    try:
        payload = keys.opened(dsse.parsed(attestation), IN_TOTO, verifier)
    except Unproven as fault:
        return Verified(fault=fault.what)
    name, signed = attested.attested(payload)
    found = take(path, Request(signed.digests, frozenset(signed.outside), shard=signed.shard))
    told = (*differences(signed, found.manifest, found.refused), *_outside(path, found, verifier))
    files = sum(entry.kind == "file" for entry in signed.entries)
    return Verified(name, attested.digest(signed), PAIR, files, told)


def verify_bundle(path: Path, bundle: bytes, sidecar: bytes | None, verifier: Verifier) -> Verified:
    """Return what is found of an artifact by an OpenSSF bundle.

    Args:
        path: of the artifact.
        bundle: octets of its file.
        sidecar: of the post-quantum signature; None does without, where that was asked for.
        verifier: whom is trusted.
    Raises:
        Malformed: the bundle, or the sidecar, is none.
        KeysUnusable: the verifier has not the keys of the sidecar.
        TooLarge, Moving; OSError: the artifact cannot be read.
    """
    try:
        payload = openssf.opened(bundle, verifier.ec)
        if sidecar is not None and keys.opened(dsse.parsed(sidecar), IN_TOTO, verifier) != payload:
            raise Unproven("the post-quantum signature is of another model")
    except Unproven as fault:
        return Verified(fault=fault.what)
    name, digest, said = openssf.predicate(payload)
    return Verified(
        name,
        digest,
        ("ecdsa", *(() if sidecar is None else PAIR)),
        len(said.resources),
        _of_bundle(path, said, verifier),
    )


def _of_bundle(path: Path, said: openssf.Predicate, verifier: Verifier) -> tuple[Difference, ...]:
    how = said.serialization
    kind: Algorithm = "blake3" if how.hash_type == "blake3" else "sha256"
    found = take(path, Request((kind,), passing=how.ignore_paths, shard=LONGEST_FILE))
    signed = tuple(
        Entry(
            one.name,
            "file",
            1,
            one.digest if kind == "sha256" else "",
            (one.digest,) if kind == "blake3" else (),
        )
        for one in said.resources
    )
    told = differences(_alike(found.manifest, signed), _alike(found.manifest), found.refused)
    return (*told, *_outside(path, found, verifier))


def _alike(there: Manifest, signed: Sequence[Entry] | None = None) -> Manifest:
    """Return a manifest of what such a bundle tells: neither sizes nor folders."""
    entries = there.entries if signed is None else signed
    files = (entry for entry in entries if entry.kind != "folder")
    return Manifest(
        there.digests,
        tuple(msgspec.structs.replace(entry, octets=1) if entry.kind == "file" else entry for entry in files),
        shard=there.shard,
    )


# ---- outside ------------------------------------------------------------------------------------------------
def _outside(path: Path, found: Inventory, verifier: Verifier) -> Iterator[Difference]:
    """Yield what lies there without being covered, and is no signature of these keys."""
    with rooted(path) as root:
        for name in found.passed:
            if not _is_signature(root, name, verifier):
                yield Difference(name, Word.OUTSIDE, "no signature covers it")


def _is_signature(root: int, name: str, verifier: Verifier) -> bool:
    try:
        descriptor = opened(root, name)
    except (Moving, OSError):
        return False
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        octets = file.read(MOST_OCTETS + 1)
    return any(_holds(look, octets) for look in (_as_envelope(verifier), _as_bundle(verifier)))


def _as_envelope(verifier: Verifier) -> Callable[[bytes], object]:
    return lambda octets: keys.opened(dsse.parsed(octets), IN_TOTO, verifier)


def _as_bundle(verifier: Verifier) -> Callable[[bytes], object]:
    return lambda octets: openssf.opened(octets, verifier.ec)


def _holds(look: Callable[[bytes], object], octets: bytes) -> bool:
    try:
        look(octets)
    except (Malformed, Unproven, KeysUnusable):
        return False
    return True
