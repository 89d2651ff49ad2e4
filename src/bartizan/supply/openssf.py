"""OpenSSF model signing, with a key: bundles that `model_signing verify key` takes, and reading those that it makes.

Rules of this file: what is read is JSON with one reading (no member twice), of the forms that version 1.1 writes; anything else in it
is refused. The format has one ECDSA signature and no room for another (its reader refuses unknown members, and others refuse a
second signature), so Bartizan's two stand in a sidecar: a DSSE envelope of the same payload. It leaves files out (`ignore_paths`),
knows no symbolic links, and no empty folders; whoever verifies is told of each.

Source: sigstore/model-transparency 1.1.1; sigstore bundle v0.3 (protobuf-specs, sigstore_bundle.proto); DSSE v1.0.2.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bartizan.artifact import names
from bartizan.artifact.dsse import IN_TOTO, MOST_OCTETS, octets_of, pae
from bartizan.artifact.errors import Malformed, Unproven, Unsignable
from bartizan.artifact.manifest import MOST, Manifest
from bartizan.artifact.names import ITSELF
from bartizan.artifact.statement import TYPE
from bartizan.crypto.ecdsa import EcSignatureInvalid, EcSigningKey, EcVerifyingKey
from bartizan.strict_json import no_constant, once
from bartizan.typed_json import known

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE: Final = "https://model_signing/signature/v1.0"
LEFT_OUT: Final = (".git", ".gitattributes", ".github", ".gitignore")
"""What model signing passes over by itself."""
SIDECAR: Final = ".pq"
"""What the name of a sidecar has after its bundle's."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hint: str = ""


class _Material(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    whose: _Key = msgspec.field(name="publicKey")
    tlog_entries: tuple[str, ...] = ()  # with a key there is none


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class _Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    media_type: str
    verification_material: _Material
    dsse_envelope: _Envelope


class Resource(msgspec.Struct, frozen=True):
    """A file and its digest, in hexadecimal."""

    algorithm: str
    digest: str
    name: str


class Serialization(msgspec.Struct, frozen=True):
    """How a model was told.

    Attributes:
        method: `files` has one resource a file; others have one a shard, and are not verified here.
        hash_type: of which digest.
        allow_symlinks: whether links were followed.
        ignore_paths: files and folders that were left out.
    """

    method: str
    hash_type: str
    allow_symlinks: bool
    ignore_paths: tuple[str, ...] = ()


class Predicate(msgspec.Struct, frozen=True):
    """What a bundle says of a model; members that a later version adds are not looked at, as the format demands."""

    serialization: Serialization
    resources: tuple[Resource, ...]


class _Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str


class _Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    digest: _Digest


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: Predicate


for _form in (_Bundle, _Statement):
    known(_form)


# ---- writing ------------------------------------------------------------------------------------------------
def payload(name: str, manifest: Manifest, ignored: Sequence[str]) -> bytes:
    """Return the statement of a model, in this format.

    Args:
        name: of the model; proves nothing.
        manifest: with SHA-256.
        ignored: names of what is left out beside `LEFT_OUT`: the signatures themselves.
    Raises:
        Unsignable: it has symbolic links, which this format would follow.
    """
    links = [entry for entry in manifest.entries if entry.kind == "link"]
    if links:
        why = "is a symbolic link, which the OpenSSF format does not know: sign without --openssf, or replace it"
        raise Unsignable([(entry.name, why) for entry in links])
    left = (*sorted(ignored), *LEFT_OUT)
    files = [
        entry for entry in manifest.entries if entry.kind == "file" and not is_left_out(entry.name, left)
    ]
    files.sort(key=lambda entry: tuple(entry.name.split("/")))
    root = hashlib.sha256(b"".join(bytes.fromhex(entry.sha256) for entry in files)).hexdigest()
    resources = [{"algorithm": "sha256", "digest": entry.sha256, "name": entry.name} for entry in files]
    told = {"allow_symlinks": False, "hash_type": "sha256", "ignore_paths": left, "method": "files"}
    said = {
        "_type": TYPE,
        "subject": [{"name": name, "digest": {"sha256": root}}],
        "predicateType": PREDICATE,
        "predicate": {"resources": resources, "serialization": told},
    }
    return json.dumps(said, indent=2).encode()


def bundle(payload_octets: bytes, key: EcSigningKey) -> bytes:
    """Return the bundle of a statement."""
    message = pae(IN_TOTO, payload_octets)
    signature = _Signature(base64.b64encode(key.sign(message)).decode())
    envelope = _Envelope(base64.b64encode(payload_octets).decode(), IN_TOTO, (signature,))
    material = _Material(_Key(_hint(key.verifying)))
    return msgspec.json.encode(_Bundle(MEDIA_TYPE, material, envelope))


def _hint(key: EcVerifyingKey) -> str:
    return hashlib.sha256(key.pem).hexdigest()


def is_left_out(name: str, left: Sequence[str]) -> bool:
    """Return whether a file lies at, or below, what is left out."""
    return any(names.below(name, each) for each in left)


# ---- reading ------------------------------------------------------------------------------------------------
def opened(octets: bytes, key: EcVerifyingKey) -> bytes:
    """Return the payload of a bundle that this key signed.

    Raises:
        Malformed: it is no bundle of this form.
        Unproven: it is another key's, or the signature does not verify.
    """
    found = _converted(octets, _Bundle, "an OpenSSF model signature made with a key")
    envelope = found.dsse_envelope
    if found.media_type != MEDIA_TYPE or envelope.payload_type != IN_TOTO:
        raise Malformed("this is not a sigstore bundle v0.3 with an in-toto payload")
    if found.verification_material.tlog_entries:
        raise Malformed("the bundle has entries of a log, which one made with a key has not")
    if [one.keyid for one in envelope.signatures] != [""]:
        raise Unproven("the bundle has not exactly one signature, without a key's id")
    if found.verification_material.whose.hint not in {"", _hint(key)}:
        raise Unproven("it is signed by another key than the one that is trusted")
    try:
        said, signature = octets_of(envelope.payload), octets_of(envelope.signatures[0].sig)
        key.verify(signature, pae(IN_TOTO, said))
    except ValueError:
        raise Malformed("the bundle's base64 is not in its one form") from None
    except EcSignatureInvalid as fault:
        raise Unproven(str(fault)) from None
    return said


def predicate(payload_octets: bytes) -> tuple[str, str, Predicate]:
    """Return name, digest and predicate of a statement whose signature was verified.

    Raises:
        Malformed: it is none, or does not hold together.
    """
    said = _converted(payload_octets, _Statement, "a statement of OpenSSF model signing 1.0")
    if said.type != TYPE or said.predicate_type != PREDICATE or len(said.subject) != 1:
        raise Malformed("the payload is not a statement of OpenSSF model signing 1.0")
    subject, told = said.subject[0], said.predicate
    for what in _faults(told):
        raise Malformed(f"the statement is not valid: {what}")
    root = hashlib.sha256(b"".join(bytes.fromhex(one.digest) for one in told.resources)).hexdigest()
    if root != subject.digest.sha256:
        raise Malformed("the statement's digest is not that of its resources")
    return subject.name, root, told


def _faults(told: Predicate) -> Iterator[str]:
    how = told.serialization
    if how.method != "files" or how.hash_type not in {"sha256", "blake3"}:
        yield "it tells a model by shards, or by BLAKE2; only whole files by SHA-256 or BLAKE3 are verified"
    if len(told.resources) > MOST:
        yield f"it has more than {MOST} files"
    if len({one.name for one in told.resources}) != len(told.resources):
        yield "a name stands twice"
    if any(one.algorithm != how.hash_type or _HEX.fullmatch(one.digest) is None for one in told.resources):
        yield "a digest is not of the kind that it says"
    single = len(told.resources) == 1 and told.resources[0].name == ITSELF
    if not single and any(names.fault(one.name) for one in told.resources):
        yield "a name is not a relative path in one form"
    if any(names.fault(name) for name in how.ignore_paths):
        yield "what it leaves out is not a relative path in one form"


def _converted(octets: bytes, form: type[Any], what: str) -> Any:  # noqa: ANN401 - one of the forms of this file
    if len(octets) > MOST_OCTETS:
        raise Malformed(f"it is larger than {MOST_OCTETS >> 20} MiB")
    try:
        plain = json.loads(octets, object_pairs_hook=once, parse_constant=no_constant)
        return msgspec.convert(plain, form)
    except (ValueError, RecursionError):
        raise Malformed(f"this is not {what}") from None
