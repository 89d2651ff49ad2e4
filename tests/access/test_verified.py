"""How a person was verified is told by our own sign-in alone, and no decision is ever taken over from another way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.access.assemble import Access
from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Allowed, Authenticated
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.refusal import ClaimMissing
from bartizan.identity.verified import PASSKEYS, UNVERIFIED, Verified, acr, verified
from tests.access.house import CALLER, access, bearer, state
from tests.identity.forge import START, START_S

POLICY = """
@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);
@id("one-device") forbid (principal, action == Action::"embed", resource) unless { context.passkey == "device-bound" };
@id("no-passkey") forbid (principal, action == Action::"complete", resource) unless { context.passkey == "" };
"""
ROOM = access(state(policy=POLICY))
HERE = Circumstances(quantum_safe=True)
EXPECTED = {
    ("embed", "device-bound"): True,
    ("embed", "synced"): False,
    ("embed", ""): False,
    ("complete", "device-bound"): False,
    ("complete", "synced"): False,
    ("complete", ""): True,
}


def by(room: Access, passkey: str) -> Authenticated:
    """Return a caller whose sign-in was verified by this kind of passkey."""
    more: dict[str, object] = {"acr": acr(passkey), "auth_time": START_S - 60} if passkey else {}
    found = room.authenticate(bearer(CALLER, **more), START)
    assert isinstance(found, Authenticated)
    return found


@given(st.lists(st.sampled_from(list(EXPECTED)), min_size=1, max_size=12))
@settings(max_examples=25)
def test_no_verdict_of_one_kind_of_passkey_is_ever_taken_for_another(asked: list[tuple[str, str]]) -> None:
    for action, passkey in asked:
        answer = ROOM.authorize(by(ROOM, passkey), action, "sample", HERE)
        assert isinstance(answer, Allowed) == EXPECTED[action, passkey]


@pytest.mark.parametrize("passkey", PASSKEYS)
def test_a_token_of_our_own_says_which_passkey_it_was_and_when(passkey: str) -> None:
    assert by(ROOM, passkey).verified == Verified(passkey, Nanoseconds((START_S - 60) * SECOND))


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"acr": "passkey-device-bound"},
        {"acr": "device-bound", "auth_time": 1},
        {"acr": "PASSKEY-DEVICE-BOUND", "auth_time": 1},
        {"acr": "urn:mace:incommon:iap:silver", "auth_time": 1},
        {"auth_time": 1},
    ],
)
def test_what_does_not_say_both_in_our_words_says_nothing(claims: dict[str, object]) -> None:
    assert verified(claims) == UNVERIFIED


@pytest.mark.parametrize("claims", [{"acr": 1}, {"acr": ""}, {"acr": ["passkey-synced"]}])
def test_a_claim_of_another_form_makes_the_token_malformed(claims: dict[str, object]) -> None:
    with pytest.raises(ClaimMissing):
        verified(claims)
