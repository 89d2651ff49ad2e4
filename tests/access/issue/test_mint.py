import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.issue.mint import CONTROL, GATEWAY, Signer, TokenKeyUnusable, mint, new_key
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.refusal import AudienceWrong, TokenExpired
from bartizan.identity.state import pinned
from bartizan.identity.token import verify
from tests.access.house import CALLER

URL = "https://localhost:8443"
KEY = new_key()
SIGNER = Signer(URL, KEY)
ISSUERS = pinned([SIGNER.trusted])
INSTANTS = st.integers(min_value=10**18, max_value=4 * 10**18).map(Nanoseconds)


@given(INSTANTS, st.integers(min_value=1, max_value=600))
def test_what_is_minted_verifies_until_it_expires_and_no_longer(now: Nanoseconds, seconds: int) -> None:
    issued = mint(SIGNER, CALLER, GATEWAY, seconds, now)
    claims = verify(issued.token, ISSUERS, GATEWAY, now)
    assert (claims.subject, claims.client, claims.id) == (CALLER.id, CALLER.client, issued.id)
    assert claims.expires == issued.expires <= now + seconds * SECOND
    with pytest.raises(TokenExpired):
        verify(issued.token, ISSUERS, GATEWAY, issued.expires)


def test_a_token_is_for_its_audience_alone() -> None:
    now = Nanoseconds(1_800_000_000 * SECOND)
    issued = mint(SIGNER, CALLER, CONTROL, 600, now)
    with pytest.raises(AudienceWrong):
        verify(issued.token, ISSUERS, GATEWAY, now)


def test_a_token_holds_no_role() -> None:
    token = mint(SIGNER, CALLER, GATEWAY, 600, Nanoseconds(10**18)).token
    parts = [base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2]]
    assert b"workload.ci" in parts[1]
    assert not any(b"caller" in part for part in parts)


@pytest.mark.parametrize(
    ("audience", "seconds"), [("bartizan:other", 600), (GATEWAY, 0), (GATEWAY, 601), (GATEWAY, -1)]
)
def test_other_audiences_and_longer_lives_are_not_minted(audience: str, seconds: int) -> None:
    with pytest.raises(ValueError, match="lives"):
        mint(SIGNER, CALLER, audience, seconds, Nanoseconds(10**18))


def test_two_tokens_have_two_ids() -> None:
    now = Nanoseconds(10**18)
    assert mint(SIGNER, CALLER, GATEWAY, 600, now).id != mint(SIGNER, CALLER, GATEWAY, 600, now).id


def test_the_same_key_file_is_the_same_key_id() -> None:
    assert Signer(URL, KEY).kid == SIGNER.kid != Signer(URL, new_key()).kid


def test_what_is_shown_is_public() -> None:
    assert set(SIGNER.public) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"junk",
        generate_private_key(SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
)
def test_another_key_is_refused(pem: bytes) -> None:
    with pytest.raises(TokenKeyUnusable):
        Signer(URL, Secret(pem))
