"""What is sealed to a key, the private half alone opens, and only about what it was sealed about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app import evidence_messages
from bartizan.crypto.sealing import (
    OVERHEAD,
    PUBLIC_OCTETS,
    KeyMisshapen,
    SealBroken,
    SealingKey,
    new_key,
    seal,
)
from bartizan.crypto.secret import Secret

TEXT = new_key()
KEY = SealingKey(TEXT)


@given(plain=st.binary(max_size=300), about=st.binary(max_size=100))
def test_what_is_sealed_is_opened_by_the_key_about_the_same(plain: bytes, about: bytes) -> None:
    sealed = seal(plain, KEY.public, about)
    assert len(sealed) == len(plain) + OVERHEAD
    assert KEY.open(sealed, about) == plain


@given(about=st.binary(max_size=50), other=st.binary(max_size=50))
def test_nothing_is_opened_about_anything_else(about: bytes, other: bytes) -> None:
    sealed = seal(b"x", KEY.public, about)
    if about != other:
        with pytest.raises(SealBroken):
            KEY.open(sealed, other)


def test_an_octet_that_is_changed_or_left_out_anywhere_breaks_it() -> None:
    sealed = seal(b"what was found", KEY.public, b"a")
    for at in range(0, len(sealed), 7):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(SealBroken):
            KEY.open(altered, b"a")
    for shorter in (sealed[:-1], sealed[1:], sealed[:OVERHEAD], b""):
        with pytest.raises(SealBroken):
            KEY.open(shorter, b"a")


def test_another_key_opens_nothing_and_the_public_half_is_no_key() -> None:
    sealed = seal(b"x", KEY.public, b"")
    with pytest.raises(SealBroken):
        SealingKey(new_key()).open(sealed, b"")
    with pytest.raises(KeyMisshapen):
        SealingKey(Secret(KEY.public.hex().encode()))


def test_the_same_twice_is_never_the_same_octets() -> None:
    assert seal(b"x", KEY.public, b"") != seal(b"x", KEY.public, b"")


def test_a_key_is_the_same_whenever_its_text_is_read() -> None:
    again = SealingKey(TEXT)
    assert again.public == KEY.public
    assert again.open(seal(b"x", KEY.public, b"a"), b"a") == b"x"


@pytest.mark.parametrize("public", [b"", b"\0" * 10, b"\xff" * PUBLIC_OCTETS])
def test_what_is_no_public_key_seals_nothing(public: bytes) -> None:
    with pytest.raises(KeyMisshapen):
        seal(b"x", public, b"")


@pytest.mark.parametrize("text", [b"", b"zz" * 96, b"00" * 95, b"\xff"])
def test_what_is_no_private_key_is_told_and_not_shown(text: bytes) -> None:
    with pytest.raises(KeyMisshapen) as refused:
        SealingKey(Secret(text))
    assert text.decode("latin-1") not in str(refused.value) or not text


def test_who_passes_it_on_knows_how_long_it_may_be() -> None:
    assert evidence_messages.OVERHEAD == OVERHEAD
