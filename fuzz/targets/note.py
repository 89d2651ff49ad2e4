"""Signed notes and the keys of who signs them: what is taken has one reading, and it is the one that a plain reader has too.

An input that begins with 0 is a note, with 1 a checkpoint, with 2 a key, with 3 the keys of a witness.
"""

import base64

from bartizan.crypto.signature import Algorithm, VerifyingKey
from bartizan.ledger.checkpoint import CheckpointMalformed, parse_point
from bartizan.ledger.cosignature import parse_witness
from bartizan.ledger.note import (
    MOST_SIGNATURES,
    Note,
    NoteKey,
    NoteMalformed,
    SignatureType,
    parse_key,
    parse_note,
)
from fuzz.target import Target

_ROOT = b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_CHECKPOINT = (
    b"log.example/name\n20852163\n" + _ROOT + b"\n\n\xe2\x80\x94 log.example/name Az3grlgtzPICa5OS\n"
)
_KEY = NoteKey(
    "w.example/w1", SignatureType.COSIGNATURE, VerifyingKey(Algorithm.ED25519, b"\1" * 32)
).encode()


def run(data: bytes) -> str:
    kind, octets = data[:1], data[1:]
    try:
        if kind == b"1":
            return _checkpoint(octets)
        if kind == b"2":
            return _key(octets.decode("latin-1"))
        if kind == b"3":
            return _witness(octets)
        return _note(octets)
    except (NoteMalformed, CheckpointMalformed) as fault:
        return fault.fault


def _note(octets: bytes) -> str:
    note = parse_note(octets)
    _plain(note, octets)
    return f"{len(note.signatures)} signatures"


def _plain(note: Note, octets: bytes) -> None:
    """Hold a note against its octets: text, an empty line, and a line for each signature."""
    text, _, tail = octets.rpartition(b"\n\n")
    assert note.text.encode() == text + b"\n"
    lines = tail.decode().split("\n")
    assert lines.pop() == ""
    assert 0 < len(lines) == len(note.signatures) <= MOST_SIGNATURES
    for line, one in zip(lines, note.signatures, strict=True):
        dash, name, encoded = line.split(" ")
        assert (dash, name) == ("\u2014", one.name)
        assert base64.b64decode(encoded) == one.key_id + one.octets
        assert "+" not in name


def _checkpoint(octets: bytes) -> str:
    point, note = parse_point(octets)
    _plain(note, octets)
    origin, size, root, *more = note.text.split("\n")[:-1]
    assert (point.origin, str(point.size), point.more) == (origin, size, "".join(f"{one}\n" for one in more))
    assert base64.b64encode(point.root).decode() == root
    assert point.body == note.text.encode()
    assert len(point.root) == 32
    return "extended" if more else "checkpoint"


def _key(text: str) -> str:
    key = parse_key(text)
    assert key.encode() == text
    assert len(key.key_id) == 4
    return key.type.name


def _witness(octets: bytes) -> str:
    found = parse_witness(octets)
    assert 0 < len(found.keys) <= 2
    assert {key.name for key in found.keys} == {found.name}
    assert parse_witness(found.encode()).encode() == found.encode()
    return f"{len(found.keys)} keys"


TARGET = Target(
    modules=("bartizan.ledger.note", "bartizan.ledger.checkpoint", "bartizan.ledger.cosignature"),
    run=run,
    seeds=(
        b"0" + _CHECKPOINT,
        b"1" + _CHECKPOINT,
        b"1" + _CHECKPOINT.replace(b"=\n\n", b"=\nmore\n\n"),
        b"2" + _KEY.encode(),
        b"3" + _KEY.encode() + b"\n",
        b"0a\n\n\xe2\x80\x94 n AAAAAA==\n\xe2\x80\x94 n AAAAAA==\n",
    ),
    words=(b"\n\n", b"\xe2\x80\x94 ", b"=\n", b"+", b"\n0\n", b"log.example/name", b"AAAA", b"BA", b"Bg"),
    longest=700,
)
