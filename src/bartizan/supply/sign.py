"""Signing an artifact: its manifest in an attestation, and a bundle that OpenSSF's tools take where one is wanted.

Rules of this file: all of it is signed or nothing is. Files of signatures that lie in the artifact are left out of it by name, and
nothing else is. The private keys may not lie in it.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bartizan.artifact import dsse, keys
from bartizan.artifact.cache import settled
from bartizan.artifact.digest import Digests
from bartizan.artifact.dsse import IN_TOTO, MOST_OCTETS
from bartizan.artifact.errors import Unsignable
from bartizan.artifact.inventory import BOTH, Inventory, Request, take, within
from bartizan.artifact.keys import Signer, key_id
from bartizan.artifact.manifest import Algorithm
from bartizan.artifact.walk import Facts
from bartizan.artifact.write import written
from bartizan.clock import Nanoseconds
from bartizan.supply import attested, openssf


class Order(msgspec.Struct, frozen=True):
    """What is to be made.

    Attributes:
        attestation: file that it is written to.
        bundle: file for an OpenSSF bundle, and with `openssf.SIDECAR` after its name for the sidecar; None makes none.
        algorithms: which digests the attestation has, sorted; a bundle needs SHA-256.
        private: files that may not lie in the artifact: the key, its cache.
        kept: digests that are known already.
    """

    attestation: Path
    bundle: Path | None = None
    algorithms: tuple[Algorithm, ...] = BOTH
    private: tuple[Path, ...] = ()
    kept: Mapping[Facts, Digests] = {}

    def known(self, kept: Mapping[Facts, Digests]) -> "Order":
        """Return it with digests that are known already."""
        return msgspec.structs.replace(self, kept=kept)

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that is written."""
        if self.bundle is None:
            return (self.attestation,)
        return self.attestation, self.bundle, sidecar(self.bundle)


class Signed(msgspec.Struct, frozen=True):
    """What was signed.

    Attributes:
        name: of the artifact.
        digest: that stands for it, SHA-256 in hexadecimal.
        signer: id of its Ed25519 key.
        files: those in it.
        octets: size of them together.
        hashed: files that were read; the others were known.
        written: files of signatures.
        left_out: names that the bundle leaves out, and the attestation covers.
        rows: facts and digests that may be kept for the next time.
    """

    name: str
    digest: str
    signer: str
    files: int
    octets: int
    hashed: int
    written: tuple[Path, ...]
    left_out: tuple[str, ...]
    rows: Mapping[Facts, Digests]


def sidecar(bundle: Path) -> Path:
    """Return where the post-quantum signature of a bundle lies."""
    return bundle.with_name(bundle.name + openssf.SIDECAR)


def beside(path: Path) -> Path:
    """Return where the attestation of an artifact lies where nobody says otherwise."""
    return path.with_name(path.name + attested.ATTESTATION)


def sign(path: Path, order: Order, signer: Signer, now: Nanoseconds) -> Signed:
    """Sign what lies at a path.

    Args:
        path: a folder or a file.
        order: what is to be made.
        signer: whose word it is.
        now: by the machine's clock.
    Raises:
        Unsignable: it has parts that no manifest, or no bundle, can tell.
        TooLarge, Moving; OSError: something cannot be read or written.
    """
    inside = within(path, order.private) if path.is_dir() else frozenset()
    if inside:
        raise Unsignable(
            [(name, "is a private key, or its cache: keep it elsewhere") for name in sorted(inside)]
        )
    outside = within(path, order.files) if path.is_dir() else frozenset()
    found = take(path, Request(order.algorithms, outside, kept=order.kept))
    if found.refused:
        raise Unsignable(found.refused)
    name = path.resolve().name or "artifact"
    made = {order.attestation: _attestation(name, found, signer)}
    if order.bundle is not None:
        made |= _bundle(name, found, signer, order.bundle)
    if max(map(len, made.values())) > MOST_OCTETS:
        raise Unsignable(
            [(name, f"needs an attestation of more than {MOST_OCTETS >> 20} MiB: sign its parts")]
        )
    for file, octets in made.items():
        written(file, octets)
    files = [entry for entry in found.manifest.entries if entry.kind == "file"]
    return Signed(
        name,
        attested.digest(found.manifest),
        key_id(signer.ed25519.verifying),
        len(files),
        found.manifest.octets,
        found.hashed,
        tuple(made),
        tuple(
            each.name for each in files if order.bundle and openssf.is_left_out(each.name, openssf.LEFT_OUT)
        ),
        dict(order.kept) | dict(settled(found.rows, now)),
    )


def _attestation(name: str, found: Inventory, signer: Signer) -> bytes:
    return dsse.encoded(keys.sealed(IN_TOTO, attested.statement(name, found.manifest), signer))


def _bundle(name: str, found: Inventory, signer: Signer, bundle: Path) -> dict[Path, bytes]:
    payload = openssf.payload(name, found.manifest, found.manifest.outside)
    return {
        bundle: openssf.bundle(payload, signer.ec),
        sidecar(bundle): dsse.encoded(keys.sealed(IN_TOTO, payload, signer)),
    }
