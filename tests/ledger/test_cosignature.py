"""What a witness says of a checkpoint counts under each of its keys, over this tree, and in no other case."""

import base64

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm
from bartizan.ledger.checkpoint import CheckpointMalformed, SignatureForged, SignatureMissing, parse_point
from bartizan.ledger.cosignature import Witness, parse_witness, words
from bartizan.ledger.note import NoteMalformed
from tests.ledger.histories import NOW, History, cosigner

ONE, TWO = cosigner(), cosigner("witness.example.com/w2")
NOTE = History(20).note(20)
POINT, _ = parse_point(NOTE)
LINES = ONE.sign(POINT, NOW)


def said(witness: Witness, lines: bytes, note: bytes = NOTE) -> int:
    """When a witness said it, if it did."""
    point, found = parse_point(note + lines)
    return witness.word(point, found).at


def test_a_cosigned_checkpoint_is_still_the_ledgers() -> None:
    keys = History(1).keys.verifiers
    assert keys.open(NOTE + LINES).root == POINT.root


def test_what_it_said_counts_from_when_it_said_it() -> None:
    assert said(ONE.witness, LINES) == NOW // SECOND
    point, note = parse_point(NOTE + LINES)
    assert ONE.witness.word(point, note).lines == LINES


def test_the_lines_are_what_the_c2sp_text_says() -> None:
    plain, stamped = [base64.b64decode(line.split(b" ")[2]) for line in LINES.splitlines()]
    at = (NOW // SECOND).to_bytes(8, "big")
    first, second = ONE.witness.keys
    assert (plain[:4], stamped[:4]) == (first.key_id, second.key_id)
    assert plain[4:12] == stamped[4:12] == at
    text = NOTE.partition(b"\n\n")[0] + b"\n"
    message = b"cosignature/v1\ntime %d\n" % (NOW // SECOND) + text
    Ed25519PublicKey.from_public_bytes(first.key.raw).verify(plain[12:], message)
    name, log = ONE.name.encode(), POINT.origin.encode()
    tree = b"subtree/v1\n\0" + bytes([len(name)]) + name + at + bytes([len(log)]) + log
    second.key.verify(stamped[12:], tree + bytes(8) + (20).to_bytes(8, "big") + POINT.root)


@pytest.mark.parametrize(("kept", "missing"), [(0, Algorithm.ML_DSA_44), (1, Algorithm.ED25519)])
def test_a_stripped_signature_counts_for_nothing(kept: int, missing: Algorithm) -> None:
    with pytest.raises(SignatureMissing) as fault:
        said(ONE.witness, LINES.splitlines(keepends=True)[kept])
    assert fault.value.algorithm is missing


@pytest.mark.parametrize("place", [0, 1])
def test_a_signature_over_another_tree_counts_for_nothing(place: int) -> None:
    lines = LINES.splitlines(keepends=True)
    lines[place] = ONE.sign(msgspec.structs.replace(POINT, size=21), NOW).splitlines(keepends=True)[place]
    with pytest.raises(SignatureForged):
        said(ONE.witness, b"".join(lines))


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_time_counts_for_nothing(place: int) -> None:
    lines = LINES.splitlines(keepends=True)
    key = ONE.witness.keys[place]
    octets = bytearray(base64.b64decode(lines[place].split(b" ")[2])[4:])
    octets[7] ^= 1
    lines[place] = key.line(bytes(octets))
    with pytest.raises(SignatureForged):
        said(ONE.witness, b"".join(lines))


def test_a_time_past_the_last_one_is_no_time() -> None:
    octets = [base64.b64decode(line.split(b" ")[2])[4:] for line in LINES.splitlines()]
    lines = [key.line(b"\xff" + one[1:]) for key, one in zip(ONE.witness.keys, octets, strict=True)]
    with pytest.raises(SignatureMissing):
        said(ONE.witness, b"".join(lines))


def test_a_witness_of_one_key_is_asked_for_no_more() -> None:
    for place in (0, 1):
        known = msgspec.structs.replace(ONE.witness, keys=(ONE.witness.keys[place],))
        assert said(known, LINES) == NOW // SECOND
        assert said(known, LINES.splitlines(keepends=True)[place]) == NOW // SECOND


def test_of_several_signatures_of_a_key_a_false_one_spoils_nothing() -> None:
    later = ONE.sign(POINT, Nanoseconds(NOW + 60 * SECOND))
    false = ONE.witness.keys[0].line(bytes(72))
    assert said(ONE.witness, false + later + LINES) in (NOW // SECOND, NOW // SECOND + 60)
    assert said(ONE.witness, LINES + later) == NOW // SECOND


def test_another_witness_and_its_name_alone_are_not_this_one() -> None:
    namesake = cosigner(ONE.name)
    for other in (TWO, namesake):
        with pytest.raises(SignatureMissing):
            said(ONE.witness, other.sign(POINT, NOW))


def test_each_witness_is_counted_once_and_only_for_itself() -> None:
    point, note = parse_point(NOTE + LINES + LINES + TWO.sign(POINT, NOW))
    assert set(words((ONE.witness, TWO.witness), point, note)) == {ONE.name, TWO.name}
    assert set(words((ONE.witness,), point, note)) == {ONE.name}
    stripped, bare = parse_point(NOTE + LINES + TWO.sign(POINT, NOW).splitlines(keepends=True)[0])
    assert set(words((ONE.witness, TWO.witness), stripped, bare)) == {ONE.name}


def test_keys_are_read_as_they_were_written() -> None:
    found = parse_witness(ONE.witness.encode())
    assert found.encode() == ONE.witness.encode()
    for line in ONE.witness.encode().splitlines(keepends=True):
        assert len(parse_witness(line).keys) == 1


def test_keys_of_two_names_of_one_type_or_of_a_ledger_are_no_witness() -> None:
    first, second = ONE.witness.encode().splitlines(keepends=True)
    other, _ = TWO.witness.encode().splitlines(keepends=True)
    ledger = History(1).keys.verifiers.encode()
    for text in (b"", b"\n", first + other, first + first, first + second + other, ledger, first + ledger):
        with pytest.raises(NoteMalformed):
            parse_witness(text)


@given(st.integers(0, len(LINES) - 1), st.integers(1, 255))
def test_no_octet_of_a_cosignature_can_be_changed_unseen(at: int, by: int) -> None:
    lines = bytearray(LINES)
    lines[at] ^= by
    try:
        point, note = parse_point(NOTE + bytes(lines))
    except CheckpointMalformed:
        return
    assert not words((ONE.witness,), point, note)
