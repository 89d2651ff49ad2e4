"""A signed note is read in its strict form, bounded, and in no other."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.note import (
    MOST_OCTETS,
    MOST_SIGNATURES,
    NoteKey,
    NoteMalformed,
    SignatureType,
    parse_key,
    parse_note,
    parse_signatures,
)

EXAMPLE = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n\n"
    "\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
"""The example of the format's text."""
KEYS = {algorithm: SigningKey.generate(algorithm) for algorithm in (Algorithm.ED25519, Algorithm.ML_DSA_44)}


def note_key(kind: SignatureType = SignatureType.COSIGNATURE, name: str = "w.example.com/w1") -> NoteKey:
    return NoteKey(name, kind, KEYS[kind.algorithm].verifying)


def test_the_example_of_the_format_is_read_with_its_empty_line_in_the_text() -> None:
    note = parse_note(EXAMPLE.encode())
    assert note.text == EXAMPLE.rpartition("\n\n")[0] + "\n"
    (signature,) = note.signatures
    assert (signature.name, signature.key_id) == ("quasimodo.example/salvatore", bytes.fromhex("367ba04b"))
    assert len(signature.octets) == 64


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"a\n\n",
        b"a\n",
        b"\n\n\xe2\x80\x94 n AAAAAA==\n",
        EXAMPLE.encode()[:-1],
        EXAMPLE.encode() + b"\n",
        EXAMPLE.encode() + b"x",
        EXAMPLE.replace("\u2014", "-").encode(),
        EXAMPLE.replace("\u2014 ", "\u2014").encode(),
        EXAMPLE.replace("Ognuno", "\r").encode(),
        EXAMPLE.replace("Ognuno", "\x00").encode(),
        EXAMPLE.replace("salvatore", "sal\u2003vatore").encode(),
        EXAMPLE.replace("salvatore", "sal+vatore").encode(),
        EXAMPLE.replace("NtIc=", "NtIc").encode(),
        EXAMPLE.replace("NtIc=", "NtId=").encode(),
        b"\xff" + EXAMPLE.encode(),
        b"a" * MOST_OCTETS + EXAMPLE.encode(),
        b"a\n\n" + b"\xe2\x80\x94 n AAAAAA==\n" * (MOST_SIGNATURES + 1),
    ],
)
def test_what_is_not_in_its_form_is_refused(octets: bytes) -> None:
    with pytest.raises(NoteMalformed):
        parse_note(octets)


def test_sixteen_signatures_are_read_as_the_format_asks() -> None:
    note = parse_note(b"a\n\n" + b"\xe2\x80\x94 n AAAAAA==\n" * 16)
    assert len(note.signatures) == 16


@given(st.binary(max_size=200))
def test_whatever_is_given_is_read_or_refused_by_name(octets: bytes) -> None:
    for parse in (parse_note, lambda one: parse_signatures(one.decode("latin-1"))):
        try:
            parse(octets)
        except NoteMalformed:
            continue


@given(st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1, max_size=40))
def test_a_note_that_was_put_together_is_read_as_it_was(text: str) -> None:
    key = note_key()
    octets = f"{text}\n\n".encode() + key.line(b"x" * 72)
    note = parse_note(octets)
    assert (note.text, note.by(key)) == (f"{text}\n", (b"x" * 72,))


@pytest.mark.parametrize("kind", list(SignatureType))
def test_a_key_is_read_as_it_was_written(kind: SignatureType) -> None:
    key = note_key(kind)
    found = parse_key(key.encode())
    assert (found.name, found.type, found.key.raw, found.key_id) == (key.name, kind, key.key.raw, key.key_id)


def test_the_id_of_a_key_tells_its_type_its_name_and_its_octets_apart() -> None:
    first = note_key()
    other = NoteKey(first.name, SignatureType.NOTE, first.key)
    assert len({first.key_id, other.key_id, note_key(name="w.example.com/w2").key_id}) == 3


@pytest.mark.parametrize(
    ("change", "by"),
    [
        ("w.example.com/w1", "w.example.com/w2"),
        ("w.example.com/w1", "W.example.com/w1"),
        ("w.example.com/w1", ""),
        ("+", "-"),
        ("+B", "+A"),
        ("+B", "+ B"),
    ],
)
def test_a_key_that_was_changed_is_none(change: str, by: str) -> None:
    with pytest.raises(NoteMalformed):
        parse_key(note_key().encode().replace(change, by))


@pytest.mark.parametrize("kind", [b"\x00", b"\x02", b"\x05", b"\xff", b""])
def test_a_key_of_a_type_that_is_not_known_is_none(kind: bytes) -> None:
    material = base64.b64encode(kind + bytes(32)).decode()
    with pytest.raises(NoteMalformed):
        parse_key(f"w.example.com/w1+00000000+{material}")


@given(st.text(max_size=80))
def test_whatever_is_given_as_a_key_is_read_or_refused_by_name(text: str) -> None:
    with pytest.raises(NoteMalformed):
        parse_key(text)
