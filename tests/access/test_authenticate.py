import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.authenticate import CAPACITY, Verifier
from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.external import Profile
from bartizan.identity.state import State, TrustedIssuer
from tests.access.house import CALLER, DRILL, access, bearer, known, refusal, somebody, state
from tests.identity.forge import AUDIENCE, ISSUER, START, STRANGER, claims, public, token

LATER = Nanoseconds(START + 600 * SECOND)


def test_a_known_principals_token_is_accepted_until_it_expires() -> None:
    answer = access().authenticate(bearer(CALLER), START)
    assert isinstance(answer, Authenticated)
    assert (answer.principal, answer.until, answer.token) == (CALLER, LATER, "t-0011223344556677")


def test_what_was_accepted_is_refused_from_the_instant_it_expires() -> None:
    room, presented = access(), bearer(CALLER)
    assert isinstance(room.authenticate(presented, START), Authenticated)
    assert isinstance(room.authenticate(presented, Nanoseconds(LATER - 1)), Authenticated)
    assert refusal(room.authenticate(presented, LATER)) == "token-expired"


def test_a_refusal_names_its_control_and_what_to_do() -> None:
    answer = access().authenticate("", START)
    assert isinstance(answer, Refused)
    assert (answer.control, answer.reason, answer.status) == (
        "access.request-authenticated",
        "token-missing",
        401,
    )
    assert "Authorization: Bearer" in answer.what


@given(st.text(max_size=100))
def test_no_refusal_repeats_what_was_sent(text: str) -> None:
    answer = access_room.authenticate(text, START)
    assert isinstance(answer, Refused)
    assert len(text) < 8 or text not in answer.what


access_room = access()


def test_a_stranger_with_a_good_token_is_unknown() -> None:
    assert refusal(access().authenticate(bearer(somebody("ghost")), START)) == "principal-unknown"


def test_a_token_of_the_same_name_before_it_was_erased_and_given_again_is_refused() -> None:
    before = somebody("ci", "caller", client="c-ffffffffffffffff")
    assert refusal(access().authenticate(bearer(before), START)) == "principal-unknown"


def test_a_revoked_principal_is_refused_in_the_next_generation() -> None:
    room, presented = access(), bearer(CALLER)
    assert isinstance(room.authenticate(presented, START), Authenticated)
    room = room.next(state((DRILL, somebody("ci", "caller", revoked=True))), 2)
    assert refusal(room.authenticate(presented, START)) == "principal-revoked"


def test_a_revoked_token_is_refused_and_its_neighbour_is_not() -> None:
    room, presented = access(), bearer(CALLER)
    assert isinstance(room.authenticate(presented, START), Authenticated)
    room = room.next(state(revoked={"t-0011223344556677": LATER}), 2)
    assert refusal(room.authenticate(presented, START)) == "token-revoked"
    assert isinstance(room.authenticate(bearer(CALLER, jti="t-1"), START), Authenticated)


def test_an_issuer_whose_key_changes_takes_its_verified_tokens_along() -> None:
    room, presented = access(), bearer(CALLER)
    assert isinstance(room.authenticate(presented, START), Authenticated)
    changed = TrustedIssuer(ISSUER, ("ES256",), (public(STRANGER),), embedded=True)
    old = state()
    room = room.next(State((changed,), old.principals, old.policy, {}), 2)
    assert refusal(room.authenticate(presented, START)) == "signature-invalid"


def test_another_issuer_cannot_speak_of_our_principals() -> None:
    elsewhere = TrustedIssuer(
        "https://login.example.com",
        ("ES256",),
        (public(STRANGER),),
        embedded=False,
        profile=Profile("login", (AUDIENCE,)),
    )
    ours = state()
    room = access(State((*ours.issuers, elsewhere), ours.principals, ours.policy, {}))
    taken = claims(iss="https://login.example.com", sub=CALLER.id, client_id=CALLER.client)
    assert refusal(room.authenticate(token(payload=taken, key=STRANGER), START)) == "principal-unknown"


def test_only_what_was_verified_is_remembered_and_no_more_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert CAPACITY == 16_384
    monkeypatch.setattr("bartizan.access.authenticate.CAPACITY", 4)
    room = access()
    for number in range(20):
        assert isinstance(room.authenticate(bearer(CALLER, jti=f"t-{number}"), START), Authenticated)
        room.authenticate(f"junk-{number}", START)
    assert len(room._authenticator._kept) == len(room._authenticator.verifier._kept) == 4


def test_verified_claims_are_handed_on_while_the_issuers_are_the_same() -> None:
    room = access()
    assert room.next(state((DRILL,)), 2)._authenticator.verifier is room._authenticator.verifier
    assert isinstance(room._authenticator.verifier, Verifier)


CALM = Circumstances(quantum_safe=True)


def test_who_is_revoked_between_authentication_and_decision_is_refused() -> None:
    room = access()
    who = known(room, CALLER)
    assert isinstance(room.authorize(who, "chat", "sample", CALM), Allowed)
    changes = {
        "token-revoked": state(revoked={who.token: LATER}),
        "principal-revoked": state((DRILL, somebody("ci", "caller", revoked=True))),
        "principal-unknown": state((DRILL,)),
    }
    for reason, changed in changes.items():
        answer = room.next(changed, 2).authorize(who, "chat", "sample", CALM)
        assert refusal(answer) == reason
        assert isinstance(answer, Refused)
        assert answer.status == 401


def test_a_name_given_again_does_not_revive_who_was_authenticated_before() -> None:
    room = access()
    who = known(room, CALLER)
    again = state((somebody("ci", "caller", client="c-ffffffffffffffff"),))
    assert refusal(room.next(again, 2).authorize(who, "chat", "sample", CALM)) == "principal-unknown"
