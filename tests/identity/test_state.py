import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import (
    PolicySource,
    State,
    StateInvalid,
    TrustedIssuer,
    decode,
    encode,
    pinned,
)
from bartizan.identity.token import IssuerInvalid
from tests.identity.forge import ISSUER, KEY, public

OURS = TrustedIssuer(ISSUER, ("ES256",), (public(),), embedded=True)
SOMEBODY = Principal("user.ada", Kind.USER, "ada", ("caller",), "p-0011223344556677", b"k" * 32)


def state() -> State:
    return State((OURS,), (SOMEBODY,), PolicySource("p", "s", "[]"), {"t-1": Nanoseconds(5)})


def test_a_state_arrives_as_it_was_sent() -> None:
    assert decode(encode(state())) == state()


def test_what_workers_get_holds_no_private_key() -> None:
    assert str(KEY.as_dict(private=True)["d"]).encode() not in encode(state())


@given(st.binary(max_size=200))
@example(b"\x81\xa2\x00\x80")
@example(b"\x81\xa1x" + b"\x91" * 100_000)
def test_other_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(StateInvalid):
        decode(octets)


def test_a_torn_state_is_refused() -> None:
    whole = encode(state())
    for end in range(0, len(whole), 7):
        with pytest.raises(StateInvalid):
            decode(whole[:end])


def test_a_state_prints_sizes_only() -> None:
    assert repr(state()) == "State(1 issuers, 1 principals)"


def test_an_issuer_stands_once() -> None:
    with pytest.raises(IssuerInvalid, match="twice"):
        pinned((OURS, OURS))


SOURCES = st.builds(PolicySource, st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))


@given(SOURCES, SOURCES)
def test_two_policy_sources_share_a_digest_only_where_they_are_the_same(
    one: PolicySource, other: PolicySource
) -> None:
    assert (one.digest == other.digest) == (one == other)


def test_moving_a_character_from_part_to_part_changes_the_digest() -> None:
    assert PolicySource("ab", "c", "").digest != PolicySource("a", "bc", "").digest
