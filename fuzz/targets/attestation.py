"""Attestations: envelope, statement, manifest and an OpenSSF statement have one reading, that of a plain reader too.

The first octet of an input says what the rest is: 0 an envelope, 1 Bartizan's statement, 2 a manifest, 3 OpenSSF's statement,
4 a bundle of it, 5 public keys.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec

from bartizan.artifact import dsse, keys, manifest
from bartizan.artifact.errors import Malformed, Unproven
from bartizan.artifact.keys import KeysUnusable
from bartizan.artifact.manifest import Entry, Manifest
from bartizan.crypto.ecdsa import EcSigningKey
from bartizan.supply import attested, openssf
from fuzz.target import Target

_KEY = EcSigningKey(ec.derive_private_key(7, ec.SECP256R1()))
_DIGEST = hashlib.sha256(b"").hexdigest()
_FILES = (
    Entry("d", "folder"),
    Entry("d/f", "file", 3, _DIGEST, (_DIGEST,)),
    Entry("l", "link", target="d/f"),
)
_MANIFEST = Manifest(("blake3", "sha256"), _FILES, ("m.sig",))
_STATEMENT = attested.statement("m", _MANIFEST)
_OPENSSF = openssf.payload("m", Manifest(("sha256",), (Entry("a", "file", 0, _DIGEST),)), ("m.sig",))


def run(data: bytes) -> str:
    kind, octets = data[:1], data[1:]
    read = {b"0": _envelope, b"1": _statement, b"2": _manifest, b"3": _openssf, b"4": _bundle}.get(
        kind, _keys
    )
    try:
        return read(octets)
    except (Malformed, Unproven, KeysUnusable) as fault:
        return str(fault).partition(":")[0].partition(" (")[0]


def _envelope(octets: bytes) -> str:
    found = dsse.parsed(octets)
    plain = json.loads(octets)
    assert base64.b64decode(plain["payload"]) == found.payload
    assert plain["payloadType"] == found.payload_type
    assert [one["keyid"] for one in plain["signatures"]] == [one.keyid for one in found.signatures]
    assert dsse.encoded(found) == octets
    return f"{len(found.signatures)} signatures"


def _statement(octets: bytes) -> str:
    name, found = attested.attested(octets)
    plain = json.loads(octets)
    assert plain["subject"] == [{"name": name, "digest": {"sha256": attested.digest(found)}}]
    assert attested.statement(name, found) == octets
    return f"{len(found.entries)} entries"


def _manifest(octets: bytes) -> str:
    found = manifest.parsed(octets)
    assert manifest.encoded(found) == octets
    assert [one["name"] for one in json.loads(octets)["entries"]] == [one.name for one in found.entries]
    for entry in found.entries:
        assert not {"", ".."} & set(entry.name.split("/"))
        assert entry.kind != "link" or not entry.target.startswith("/")
    return "+".join(sorted({entry.kind for entry in found.entries}))


def _openssf(octets: bytes) -> str:
    _, digest, found = openssf.predicate(octets)
    plain = json.loads(octets)["predicate"]["resources"]
    assert [(one["name"], one["digest"]) for one in plain] == [
        (one.name, one.digest) for one in found.resources
    ]
    assert (
        digest == hashlib.sha256(b"".join(bytes.fromhex(one.digest) for one in found.resources)).hexdigest()
    )
    for one in found.resources:
        assert not one.name.startswith("/")
        assert ".." not in one.name.split("/")
    return f"{len(found.resources)} resources"


def _bundle(octets: bytes) -> str:
    """Nobody but the key's holder makes one that is taken, and then it says what was signed."""
    assert openssf.opened(octets, _KEY.verifying) == _OPENSSF
    return "opened"


def _keys(octets: bytes) -> str:
    found = keys.parsed(octets)
    assert found.ec.pem
    return "keys"


TARGET = Target(
    modules=(
        "bartizan.artifact.dsse", "bartizan.artifact.statement", "bartizan.artifact.manifest", "bartizan.artifact.names", "bartizan.supply.attested",
        "bartizan.supply.openssf",
    ),
    run=run,
    seeds=(
        b"0" + dsse.encoded(dsse.Envelope(dsse.IN_TOTO, b"{}", (dsse.Signature("a", b"b"), dsse.Signature("c", b"d")))),
        b"1" + _STATEMENT,
        b"2" + manifest.encoded(_MANIFEST),
        b"2" + manifest.encoded(Manifest(("sha256",), (Entry(".", "file", 0, _DIGEST),))),
        b"3" + _OPENSSF,
        b"4" + openssf.bundle(_OPENSSF, _KEY),
        b"5" + _KEY.verifying.pem,
    ),
    words=(
        b'"payload":"', b'"payloadType":"', b'"signatures":[', b'"keyid":"', b'"sig":"', b'"_type":"', b'"subject":[', b'"predicate":', b'"entries":[',
        b'"kind":"link"', b'"target":"..', b'"name":"../', b'"name":"/', b'"octets":', b'"outside":["', b'"shard":', b'"blake3"', b'"sha256"', b'"digests":[',
        b"null", b"{}", b"[]", b"\\u0000", b"\\ud800", b"1e400", b"-1", b"ignore_paths", b"hash_type", b"\xe2\x80\xae",
    ),
    longest=3000,
)  # fmt: skip
