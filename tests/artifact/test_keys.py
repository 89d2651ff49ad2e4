"""Both signatures hold, each under the key whose id it names, or nothing is proven."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifact.dsse import Envelope, Signature
from bartizan.artifact.errors import Unproven
from bartizan.artifact.keys import KeysUnusable, Signer, Verifier, key_id, opened, parsed, sealed
from bartizan.crypto.ecdsa import EcSignatureInvalid
from bartizan.crypto.secret import Secret
from tests.artifact.trees import signer

TYPE = "text/plain"


def envelope(payload: bytes = b"payload", number: int = 0) -> Envelope:
    return sealed(TYPE, payload, signer(number))


def altered(signatures: tuple[Signature, ...]) -> Envelope:
    return msgspec.structs.replace(envelope(), signatures=signatures)


def test_what_both_signed_is_opened() -> None:
    assert opened(envelope(), TYPE, signer().verifier) == b"payload"
    assert [len(one.octets) for one in envelope().signatures] == [64, 3309]


ONE, TWO = envelope().signatures


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (altered((ONE,)), "missing"),
        (altered((TWO,)), "missing"),
        (altered(()), "other keys"),
        (altered((TWO, ONE)), "one of each key"),
        (altered((ONE, ONE)), "one of each key"),
        (altered((ONE, TWO, TWO)), "one of each key"),
        (altered((Signature(TWO.keyid, ONE.octets), Signature(ONE.keyid, TWO.octets))), "one of each key"),
        (altered((ONE, Signature(TWO.keyid, ONE.octets))), "ml-dsa-65"),
        (altered((ONE, Signature(TWO.keyid, TWO.octets[:-1]))), "ml-dsa-65"),
        (altered((Signature(ONE.keyid, bytes(64)), TWO)), "ed25519"),
        (altered((Signature(ONE.keyid, b""), Signature(TWO.keyid, b""))), "ed25519.*ml-dsa-65"),
        (envelope(number=1), "other keys"),
        (altered((ONE, envelope(number=1).signatures[1])), "one of each key"),
        (altered(envelope(b"other").signatures), "ed25519.*ml-dsa-65"),
        (msgspec.structs.replace(envelope(), payload=b"payloae"), "ed25519.*ml-dsa-65"),
        (msgspec.structs.replace(envelope(), payload_type="text/html"), "another type"),
    ],
)
def test_anything_else_proves_nothing(other: Envelope, why: str) -> None:
    with pytest.raises(Unproven, match=why):
        opened(other, TYPE, signer().verifier)


def test_a_payload_is_not_taken_for_one_of_another_type() -> None:
    with pytest.raises(Unproven):
        opened(sealed("text/html", b"payload", signer()), TYPE, signer().verifier)
    swapped = msgspec.structs.replace(sealed("text/html", b"payload", signer()), payload_type=TYPE)
    with pytest.raises(Unproven, match="ed25519"):
        opened(swapped, TYPE, signer().verifier)


def test_keys_survive_their_files_and_print_nothing() -> None:
    again = Signer.from_pem(signer().pem())
    assert again.pem().matches(signer().pem().reveal())
    assert parsed(signer().verifier.pem()).pem() == signer().verifier.pem()
    assert "PRIVATE" not in repr(signer()) + str(signer())


def test_a_file_of_one_ec_key_is_taken_without_the_others() -> None:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verifier = parsed(public)
    with pytest.raises(KeysUnusable):
        opened(envelope(), TYPE, verifier)
    with pytest.raises(KeysUnusable):
        verifier.pem()
    with pytest.raises(EcSignatureInvalid):
        verifier.ec.verify(signer().ec.sign(b"a"), b"a")


EC, ED, ML = (
    block + b"-----END PUBLIC KEY-----\n"
    for block in signer().verifier.pem().split(b"-----END PUBLIC KEY-----\n")[:3]
)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"x",
        ED,
        ML,
        EC + ED,
        EC + ML + ED,
        EC + ED + ED,
        EC + ED + ML + EC,
        EC + b"words",
        EC * 1000,
        signer().pem().reveal(),
    ],
)
def test_a_file_of_other_keys_is_refused(pem: bytes) -> None:
    with pytest.raises(KeysUnusable):
        parsed(pem)
    if pem != signer().pem().reveal():
        with pytest.raises(KeysUnusable):
            Signer.from_pem(Secret(pem))


@given(st.binary(max_size=64))
def test_any_octets_are_keys_or_refused(octets: bytes) -> None:
    with pytest.raises(KeysUnusable):
        parsed(octets)


def test_an_id_is_of_one_key() -> None:
    verifier: Verifier = signer().verifier
    ids = {key_id(key) for key in (*verifier.both, *signer(1).verifier.both)}
    assert len(ids) == 4
    assert verifier.id == key_id(verifier.both[0])
