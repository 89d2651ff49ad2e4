"""Somebody who keeps using what has expired, was revoked, or was meant for others."""

import pytest

from bartizan.access.outcome import Authenticated
from bartizan.clock import SECOND, Nanoseconds
from tests.access.house import CALLER, access, bearer, refusal, somebody, state
from tests.identity.forge import START, START_S


def test_hammering_a_token_over_its_end_wins_not_a_nanosecond() -> None:
    room, presented = access(), bearer(CALLER)
    end = START + 600 * SECOND
    for offset in range(-50, 50):
        accepted = isinstance(room.authenticate(presented, Nanoseconds(end + offset)), Authenticated)
        assert accepted == (offset < 0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": START_S + 10**9}, "token-lives-too-long"),
        ({"exp": 2**62}, "claim-missing"),
        ({"exp": START_S + 600.5}, "claim-missing"),
        ({"exp": str(START_S + 600)}, "claim-missing"),
        ({"iat": START_S + 3600, "exp": START_S + 4200}, "token-not-yet-valid"),
        ({"iat": START_S - 7200, "exp": START_S + 600}, "token-lives-too-long"),
        ({"aud": "bartizan:control"}, "audience-wrong"),
        ({"aud": "bartizan:gateway, bartizan:control"}, "audience-wrong"),
        ({"aud": {"bartizan:gateway": 1}}, "claim-missing"),
        ({"iss": "https://localhost:8443.evil.example"}, "issuer-unknown"),
        ({"iss": "https://localhost:8443\x00"}, "claim-missing"),
        ({"sub": "workload.drill"}, "principal-unknown"),
        ({"sub": "user.owner"}, "principal-unknown"),
    ],
)
def test_claims_that_stretch_a_token_are_refused_although_signed(
    changed: dict[str, object], reason: str
) -> None:
    other = somebody("ci", "caller", client="c-1111111111111111")
    room = access(state((other, somebody("drill", "caller", client="c-2222222222222222"))))
    assert isinstance(room.authenticate(bearer(other), START), Authenticated)
    assert refusal(room.authenticate(bearer(other, **changed), START)) == reason


def test_a_warm_memory_does_not_outlast_a_revocation() -> None:
    room, presented = access(), bearer(CALLER)
    for generation in range(2, 6):
        assert isinstance(room.authenticate(presented, START), Authenticated)
        room = room.next(state(), generation)
    revoked = room.next(state(revoked={"t-0011223344556677": Nanoseconds(START + 600 * SECOND)}), 6)
    assert refusal(revoked.authenticate(presented, START)) == "token-revoked"
    gone = revoked.next(state(()), 7)
    assert refusal(gone.authenticate(presented, START)) in {"principal-unknown", "token-revoked"}


def test_a_token_of_more_than_the_bound_is_not_even_taken_apart() -> None:
    assert refusal(access().authenticate(bearer(CALLER) + "A" * 8192, START)) == "token-too-large"
    assert refusal(access().authenticate("." * 10_000_000, START)) == "token-too-large"
