"""A checkpoint is believed under both of its signatures, in its strict form, and in no other case."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import (
    MOST_OCTETS,
    CheckpointInvalid,
    CheckpointMalformed,
    OriginOther,
    SignatureForged,
    SignatureMissing,
    Signers,
    parse_verifiers,
)


def signers(origin: str = "bartizan.local/00112233445566aa") -> Signers:
    return Signers(origin, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44))


OURS = signers()
NOW = Nanoseconds(1_800_000_000 * SECOND)
NOTE = OURS.sign(20852163, bytes(range(32)), NOW)


def lines(note: bytes) -> list[bytes]:
    return note.splitlines(keepends=True)


def test_a_signed_checkpoint_opens_to_what_was_signed() -> None:
    point = OURS.verifiers.open(NOTE)
    assert (point.origin, point.size, point.root) == (OURS.origin, 20852163, bytes(range(32)))
    assert point.at == 1_800_000_000


def test_the_note_is_what_the_c2sp_texts_say() -> None:
    text, _, tail = NOTE.partition(b"\n\n")
    plain, stamped = [base64.b64decode(line.split(b" ")[2]) for line in tail.splitlines()]
    Ed25519PublicKey.from_public_bytes(OURS.ed25519.verifying.raw).verify(plain[4:], text + b"\n")
    name = OURS.origin.encode()
    short = bytes([len(name)]) + name
    message = b"subtree/v1\n\0" + short + (1_800_000_000).to_bytes(8, "big") + short
    message += bytes(8) + (20852163).to_bytes(8, "big") + bytes(range(32))
    assert stamped[4:12] == (1_800_000_000).to_bytes(8, "big")
    OURS.ml_dsa_44.verifying.verify(stamped[12:], message)


@pytest.mark.parametrize(("line", "algorithm"), [(4, Algorithm.ED25519), (5, Algorithm.ML_DSA_44)])
def test_a_stripped_signature_is_missed_by_name(line: int, algorithm: Algorithm) -> None:
    note = lines(NOTE)
    del note[line]
    with pytest.raises(SignatureMissing) as fault:
        OURS.verifiers.open(b"".join(note))
    assert fault.value.algorithm is algorithm


@pytest.mark.parametrize(("line", "algorithm"), [(4, Algorithm.ED25519), (5, Algorithm.ML_DSA_44)])
def test_a_signature_over_another_tree_is_found_by_name(line: int, algorithm: Algorithm) -> None:
    note = lines(NOTE)
    note[line] = lines(OURS.sign(20852163, bytes(32), NOW))[line]
    with pytest.raises(SignatureForged) as fault:
        OURS.verifiers.open(b"".join(note))
    assert fault.value.algorithm is algorithm


def test_another_key_under_the_same_name_is_not_ours() -> None:
    with pytest.raises(SignatureMissing):
        OURS.verifiers.open(signers().sign(1, bytes(32), NOW))


def test_another_ledgers_checkpoint_is_not_ours() -> None:
    with pytest.raises(OriginOther):
        OURS.verifiers.open(signers("bartizan.local/ffffffffffffffff").sign(1, bytes(32), NOW))


def test_a_witness_may_add_its_line() -> None:
    witness = "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX\n".encode()
    assert OURS.verifiers.open(NOTE + witness).size == 20852163


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_found(at: int, bit: int) -> None:
    note = bytearray(NOTE)
    note[at] ^= 1 << bit
    with pytest.raises(CheckpointInvalid):
        OURS.verifiers.open(bytes(note))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_no_checkpoint_is_refused_as_malformed(octets: bytes) -> None:
    with pytest.raises(CheckpointMalformed):
        OURS.verifiers.open(octets)


@given(
    st.integers(0, 5),
    st.sampled_from([b"\n", b"x\n", b" \n", b"\r\n", b"\xff\n", b"0\n", "\u2014 a b\n".encode()]),
)
def test_a_line_more_in_text_or_signatures_is_refused(at: int, line: bytes) -> None:
    note = lines(NOTE)
    note.insert(at, line)
    with pytest.raises(CheckpointInvalid):
        OURS.verifiers.open(b"".join(note))


def test_a_checkpoint_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(CheckpointMalformed):
        OURS.verifiers.open(NOTE + b"x" * MOST_OCTETS)
    many = "\u2014 w.example AAAA\n".encode() * 17
    with pytest.raises(CheckpointMalformed):
        OURS.verifiers.open(NOTE + many)


def test_public_keys_survive_their_file() -> None:
    text = OURS.verifiers.encode()
    assert parse_verifiers(text).open(NOTE) == OURS.verifiers.open(NOTE)
    assert text.startswith(b"bartizan.local/00112233445566aa+")


@given(st.integers(0, len(OURS.verifiers.encode()) - 1), st.integers(0, 7))
def test_a_flipped_bit_in_the_public_keys_is_found(at: int, bit: int) -> None:
    text = bytearray(OURS.verifiers.encode())
    text[at] ^= 1 << bit
    with pytest.raises(CheckpointMalformed):
        parse_verifiers(bytes(text))
