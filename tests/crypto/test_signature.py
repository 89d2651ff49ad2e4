"""A signature holds for its key and its message, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.crypto.secret import Secret
from bartizan.crypto.signature import (
    PUBLIC_OCTETS,
    SIGNATURE_OCTETS,
    Algorithm,
    NotAKey,
    SignatureInvalid,
    SigningKey,
    VerifyingKey,
)

KEYS = {algorithm: SigningKey.generate(algorithm) for algorithm in Algorithm}


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_signature_verifies_under_its_key_and_fails_under_another(algorithm: Algorithm) -> None:
    key = KEYS[algorithm]
    signature = key.sign(b"message")
    assert len(signature) == SIGNATURE_OCTETS[algorithm]
    key.verifying.verify(signature, b"message")
    VerifyingKey(algorithm, key.verifying.raw).verify(signature, b"message")
    with pytest.raises(SignatureInvalid) as fault:
        SigningKey.generate(algorithm).verifying.verify(signature, b"message")
    assert fault.value.algorithm is algorithm


@pytest.mark.parametrize("algorithm", Algorithm)
@given(data=st.data())
def test_a_flipped_bit_in_signature_or_message_is_found(algorithm: Algorithm, data: st.DataObject) -> None:
    key = KEYS[algorithm]
    signature, message = bytearray(key.sign(b"a message")), bytearray(b"a message")
    spoilt = data.draw(st.sampled_from([signature, message]))
    spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SignatureInvalid):
        key.verifying.verify(bytes(signature), bytes(message))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_survives_its_file(algorithm: Algorithm) -> None:
    again = SigningKey.from_pem(algorithm, KEYS[algorithm].pem())
    assert again.verifying.raw == KEYS[algorithm].verifying.raw
    assert len(again.verifying.raw) == PUBLIC_OCTETS[algorithm]


def test_a_key_of_the_other_algorithm_is_refused() -> None:
    with pytest.raises(NotAKey):
        SigningKey.from_pem(Algorithm.ED25519, KEYS[Algorithm.ML_DSA_44].pem())
    with pytest.raises(NotAKey):
        VerifyingKey(Algorithm.ML_DSA_44, KEYS[Algorithm.ED25519].verifying.raw)


@given(st.binary(max_size=200))
def test_whatever_is_no_key_is_refused_without_repeating_it(octets: bytes) -> None:
    pem = b"-----BEGIN PRIVATE KEY-----\n" + octets + b"\n-----END PRIVATE KEY-----\n"
    with pytest.raises(NotAKey) as fault:
        SigningKey.from_pem(Algorithm.ED25519, Secret(pem))
    assert fault.value.__cause__ is None


def test_a_signing_key_prints_nothing_of_itself() -> None:
    key = KEYS[Algorithm.ED25519]
    assert key.pem().reveal().splitlines()[1].decode() not in f"{key!r} {key}"
