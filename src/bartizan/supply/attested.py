"""What an attestation says of an artifact, in Bartizan's own statement: its manifest, and the digest that stands for it."""

import hashlib
from typing import Final

import msgspec

from bartizan.artifact import manifest as manifests
from bartizan.artifact.errors import Malformed
from bartizan.artifact.manifest import Entry, Manifest
from bartizan.artifact.names import ITSELF
from bartizan.artifact.statement import Statement, Subject, encoded, parsed

PREDICATE: Final = "https://bartizan.local/manifest/v1"
"""Type of the predicate; its own name space, as the record's, which nothing is fetched from."""
ATTESTATION: Final = ".intoto.json"
"""What the name of an attestation has after its artifact's."""
_MOST_NAME: Final = 255


def digest(manifest: Manifest) -> str:
    """Return the SHA-256 that stands for an artifact: of a single file its own, else that of its manifest's octets."""
    single = manifest.entries[0] if len(manifest.entries) == 1 else Entry("", "folder")
    if single.name == ITSELF and single.sha256:
        return single.sha256
    return hashlib.sha256(manifests.encoded(manifest)).hexdigest()


def statement(name: str, manifest: Manifest) -> bytes:
    """Return the statement of an artifact.

    Args:
        name: what it is called; tells people, and proves nothing.
        manifest: of it.
    """
    predicate = msgspec.Raw(manifests.encoded(manifest))
    return encoded(Statement(predicate, PREDICATE, (Subject(name, {"sha256": digest(manifest)}),)))


def attested(payload: bytes) -> tuple[str, Manifest]:
    """Return name and manifest of a statement.

    Args:
        payload: whose signatures were verified.
    Raises:
        Malformed: it is none of these, or its subject is not its manifest's.
    """
    said = parsed(payload, PREDICATE)
    found = manifests.parsed(bytes(said.predicate))
    (subject, *more) = said.subject
    if more or subject.digest != {"sha256": digest(found)} or not 0 < len(subject.name) <= _MOST_NAME:
        raise Malformed("the statement's subject is not what its manifest tells")
    return subject.name, found
